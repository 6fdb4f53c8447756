// When the clinic is closed. This module imports no texts, so that requests can start before the texts are loaded.
import { allPages, GET, type Schemas } from "./api/client";

export type Closure = Schemas["Closure"];

export const fetchClosures = (): Promise<Closure[]> =>
  allPages((after) => GET("/closures", { params: { query: { limit: 100, after } } }));
