// Five minutes before a person is signed out, says so and offers to stay. Every page that is opened, in any tab, is a use
// of the session; what a page asks by itself is none. What is typed stays in the page, whatever happens to the session.

const WARN_MILLISECONDS = 300_000
// The service must be sure before the page says so: it began to count a little earlier.
const LATE_MILLISECONDS = 5_000
const KEPT_MILLISECONDS = 10_000
const FAILED = 'The service did not answer. Try again.'
// A page without such a field has nothing to lose, and must not go on showing figures.
const TYPED_IN = 'form[method=post] :is(input:not([type=hidden]), select, textarea)'

const box = document.getElementById('session')
const said = box.querySelector('[role=status]')
const form = box.querySelector('form')
const token = form.querySelector('input')
const signIn = box.querySelector('a')
const channel = new BroadcastChannel('session')

let state
let endsAt
let shown = ''
// What the person was at before the button: there it goes on after it.
let before = document.getElementById('main-content')

function take (fresh) {
  state = fresh
  endsAt = Date.now() + fresh.seconds * 1_000
  document.getElementById('session-ends').textContent = fresh.ends
}

function tellOtherTabs () {
  channel.postMessage({ state, token: token.value })
}

// --- showing

function show (name, text) {
  if (shown === name) return
  shown = name
  box.classList.toggle('session--shown', name !== '')
  form.hidden = name !== 'warning' || !state.can_stay
  signIn.hidden = name !== 'ended'
  said.textContent = text
}

function tick () {
  const left = endsAt - Date.now()
  if (left <= -LATE_MILLISECONDS) end()
  else if (left <= WARN_MILLISECONDS) show('warning', state.warning)
  else if (shown !== 'kept') show('', '')
}

function end () {
  if (document.querySelector(`main ${TYPED_IN}`) === null) return location.reload()
  endsAt = 0
  show('ended', state.ended)
}

function goOn () {
  show('kept', state.kept)
  setTimeout(() => { if (shown === 'kept') show('', '') }, KEPT_MILLISECONDS)
}

// --- staying

async function stay (event) {
  event.preventDefault()
  try {
    const body = new URLSearchParams(new FormData(form))
    const answer = await fetch(form.action, { method: 'POST', body, redirect: 'manual', signal: AbortSignal.timeout(10_000) })
    // Signed out, or signed in again elsewhere.
    if (answer.type === 'opaqueredirect' || answer.status === 400) return end()
    if (!answer.ok) throw new Error(String(answer.status))
    take(await answer.json())
  } catch {
    said.textContent = `${FAILED} ${state.warning}`
    return
  }
  tellOtherTabs()
  if (box.contains(document.activeElement)) before.focus({ preventScroll: true })
  goOn()
}

// Another tab has used the session, or the same person has signed in there: then this page's forms belong to that session.
channel.onmessage = ({ data }) => {
  if (data.state.person !== state.person) return
  for (const field of document.getElementsByName(token.name)) field.value = data.token
  take(data.state)
  if (shown === 'ended') goOn()
  else tick()
}

document.addEventListener('focusin', event => { if (!box.contains(event.target)) before = event.target })
document.addEventListener('visibilitychange', () => { if (!document.hidden) tick() })
form.addEventListener('submit', stay)
take(JSON.parse(box.dataset.state))
tellOtherTabs()
tick()
setInterval(tick, 1_000)
