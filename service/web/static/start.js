// Starts the components of govuk-frontend, such as the button that shows a password. Every page works without it.
const { components, idleSeconds } = document.getElementById('start').dataset
const { initAll } = await import(components)
initAll()

// A slider says what it is at.
for (const slider of document.querySelectorAll('input[data-shown-in]')) {
  const shown = document.getElementById(slider.dataset.shownIn)
  slider.addEventListener('input', () => { shown.textContent = slider.value })
}

// Five minutes before a session ends because nobody used it, offers to go on. Every page that is opened, in any tab, is a
// use; what a page asks by itself is none.
const WARN_SECONDS = 300

if (idleSeconds) {
  const uses = new BroadcastChannel('session')
  let timer
  let warning = null
  const wait = () => {
    clearTimeout(timer)
    warning?.remove()
    warning = null
    timer = setTimeout(warn, (Number(idleSeconds) - WARN_SECONDS) * 1_000)
  }
  const stay = async () => {
    const answer = await fetch('/account')
    if (answer.redirected) location.reload()
    uses.postMessage('used')
    wait()
  }
  const warn = () => {
    warning = document.createElement('div')
    warning.className = 'idle-warning'
    warning.setAttribute('role', 'alert')
    const text = document.createElement('p')
    text.textContent = 'You will be signed out in 5 minutes, because you have done nothing for a while.'
    const button = document.createElement('button')
    button.className = 'govuk-button'
    button.textContent = 'Stay signed in'
    button.onclick = stay
    warning.append(text, button)
    document.getElementById('main-content').prepend(warning)
    timer = setTimeout(() => location.reload(), WARN_SECONDS * 1_000 + 5_000)
  }
  uses.onmessage = wait
  uses.postMessage('used')
  wait()
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
