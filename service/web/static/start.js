// Starts the components of govuk-frontend, such as the button that shows a password. Every page works without it.
const { components } = document.getElementById('start').dataset
const { initAll } = await import(components)
initAll()

// A slider says what it is at.
for (const slider of document.querySelectorAll('input[data-shown-in]')) {
  const shown = document.getElementById(slider.dataset.shownIn)
  slider.addEventListener('input', () => { shown.textContent = slider.value })
}
