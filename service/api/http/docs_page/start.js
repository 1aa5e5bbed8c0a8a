// In a separate file, because the page's content security policy forbids inline scripts.
SwaggerUIBundle({ url: "/openapi.json", dom_id: "#api", deepLinking: true, validatorUrl: null });
