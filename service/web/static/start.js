// Starts the components of govuk-frontend, such as the button that shows a password. Every page works without it.
const { components } = document.getElementById('start').dataset
const { initAll } = await import(components)
initAll()
