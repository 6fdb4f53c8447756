// In its own file, because the page's Content-Security-Policy does not allow inline scripts.
SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#reference",
  deepLinking: true,
  // By default, Swagger UI sends the document to an external validation server.
  validatorUrl: null,
  defaultModelsExpandDepth: 0,
});
