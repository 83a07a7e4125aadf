// Shows this desk's own document; no other host is asked for anything.
SwaggerUIBundle({
  url: "/api/openapi.json",
  dom_id: "#page",
  deepLinking: true,
  docExpansion: "none",
  displayOperationId: true,
  displayRequestDuration: true,
  filter: true,
  validatorUrl: "none",
});
