// Moves the overview along the log while its slider moves: asks for the page as it was at that event, and puts it around
// the form, which stays where it is and keeps the focus. The address is the one that the form would lead to.

const slider = document.querySelector('form[data-moves-page] input')
const moment = document.getElementById('event-moment')
const PAUSE = 150

let timer
let asking = new AbortController()
let shown = slider?.value
let search = location.search

slider?.addEventListener('input', () => {
  moment.textContent = '…'
  asking.abort()
  clearTimeout(timer)
  timer = setTimeout(show, PAUSE)
})

// The pages of the moments before this one are not kept: ask for them.
addEventListener('popstate', () => { if (location.search !== search) location.reload() })

async function show () {
  const address = `${location.pathname}?event=${slider.value}`
  asking = new AbortController()
  try {
    const answer = await fetch(address, { signal: asking.signal })
    if (answer.redirected || !answer.ok) return location.assign(address)
    put(new DOMParser().parseFromString(await answer.text(), 'text/html'), address)
  } catch (error) {
    // Without a connection, let the browser say so.
    if (error.name !== 'AbortError') location.assign(address)
  }
}

function put (page, address) {
  const isFirst = new URLSearchParams(location.search).get('event') !== shown
  document.dispatchEvent(new Event('moment'))
  around(document.getElementById('earlier'), page.getElementById('earlier'))
  document.getElementById('position').replaceWith(page.getElementById('position'))
  moment.textContent = page.getElementById('event-moment').textContent
  slider.setAttribute('aria-valuetext', `${slider.value}, ${moment.textContent}`)
  document.title = page.title
  shown = slider.value
  // One step back leads to where the slider was taken, however often it moved.
  history[isFirst ? 'pushState' : 'replaceState'](null, '', address)
  search = location.search
}

// Puts everything that stands before and after an element of the new page before and after that of this one.
function around (kept, fresh) {
  for (const one of [...kept.parentElement.childNodes]) if (one !== kept) one.remove()
  let isBefore = true
  for (const one of [...fresh.parentElement.childNodes]) {
    if (one === fresh) isBefore = false
    else if (isBefore) kept.before(one)
    else kept.parentElement.append(one)
  }
}
