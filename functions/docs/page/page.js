// Here and not in the page, whose Content-Security-Policy takes no inline scripts.
SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#reference",
  deepLinking: true,
  // Else it sends the document to somebody else's server.
  validatorUrl: null,
  defaultModelsExpandDepth: 0,
});
