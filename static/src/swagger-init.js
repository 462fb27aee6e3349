// Opens Swagger UI on the document named by the page. No validator badge: it would call an outside service.
const root = document.getElementById("swagger-ui");

document.documentElement.classList.toggle("dark-mode", matchMedia("(prefers-color-scheme: dark)").matches);

window.SwaggerUIBundle({
  domNode: root,
  url: root.dataset.spec,
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  filter: true,
  tryItOutEnabled: true,
  validatorUrl: null,
});
