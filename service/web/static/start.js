// Starts the components of govuk-frontend, such as the button that shows a password. Every page works without it.
const { components } = document.getElementById('start').dataset
const { initAll } = await import(components)
initAll()

// A slider says what it is at.
for (const slider of document.querySelectorAll('input[data-shown-in]')) {
  const shown = document.getElementById(slider.dataset.shownIn)
  slider.addEventListener('input', () => { shown.textContent = slider.value })
}

// A text with a button beneath it can be copied. Without JavaScript there is no button, and the text can be selected.
document.addEventListener('click', async event => {
  const button = event.target.closest('[data-copies]')
  if (button === null) return
  const text = document.getElementById(button.dataset.copies)
  document.getSelection().selectAllChildren(text)
  // Browsers have a clipboard only over HTTPS and on this machine.
  if (navigator.clipboard) await navigator.clipboard.writeText(text.textContent)
  else document.execCommand('copy')
  document.getSelection().removeAllRanges()
  button.nextElementSibling.textContent = 'Copied'
})
