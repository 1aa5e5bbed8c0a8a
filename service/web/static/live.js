// Keeps a page up to date: when the log has grown, asks for the page again and puts in place what differs. Of all tabs
// one listens, and tells the others: a browser opens only six connections to a server.

const { feed } = document.getElementById('live').dataset
// A page of several operations has no feed, and asks every 32 seconds.
const topic = feed.split('?')[0] || location.pathname
const LOST_AFTER = 40_000
// A heartbeat comes every 15 seconds, if there is a feed for this page.
const SILENT_AFTER = 32_000
const ASK_AT_MOST_EVERY = 1_000
// Days begin and returns become overdue without an event.
const ASK_AT_LEAST_EVERY = 60_000
const ANNOUNCE_AT_MOST_EVERY = 60_000

const said = document.getElementById('freshness-said')
const line = document.getElementById('freshness')
const showNew = document.getElementById('show-new')
const channel = new BroadcastChannel(topic)
const title = document.title

let heard = Date.now()
let asked = 0
let isAsking = false
let isWanted = false
let announced = 0
let lostSince = null
let pending = null
// The slider of the overview has taken the page to an earlier moment, which does not change. The other tabs go on.
let isEarlier = false

say('Up to date.')

// --- hearing

function onNews (kind) {
  heard = Date.now()
  if (kind === 'head') want()
  // The service's log has lost events that this page shows.
  if (kind === 'reset') location.reload()
  if (kind === 'hello' && lostSince !== null) want()
}

channel.onmessage = message => onNews(message.data)

function tell (kind) {
  onNews(kind)
  channel.postMessage(kind)
}

function listen () {
  return new Promise(() => {
    let source
    const open = () => {
      source = new EventSource(feed)
      for (const kind of ['hello', 'head', 'beat', 'reset']) source.addEventListener(kind, () => tell(kind))
      // A browser gives up after an answer that is no stream: at the end of a session, or while the service starts.
      source.onerror = () => {
        if (source.readyState === EventSource.CLOSED) setTimeout(open, 5_000)
        want()
      }
    }
    open()
  })
}

if (feed === '') asked = Date.now()
else if (navigator.locks) navigator.locks.request(topic, listen)
else listen()

// --- asking

function want () {
  isWanted = true
}

async function ask () {
  isWanted = false
  isAsking = true
  asked = Date.now()
  try {
    const answer = await fetch(location.href, { headers: { 'X-By-Itself': '1' }, signal: AbortSignal.timeout(10_000) })
    // Signed out, or no longer allowed to see it: show what the service answers.
    if (answer.redirected || answer.status === 404) return location.reload()
    if (!answer.ok) throw new Error(String(answer.status))
    pending = new DOMParser().parseFromString(await answer.text(), 'text/html')
    heard = Date.now()
    back()
  } catch {
    isWanted = true
    lose()
  } finally {
    isAsking = false
  }
}

function tick () {
  const now = Date.now()
  if (document.hidden || isEarlier) return
  if (now - heard > LOST_AFTER) lose()
  const isDue = isWanted || now - asked > ASK_AT_LEAST_EVERY || now - heard > SILENT_AFTER
  const pause = lostSince === null ? ASK_AT_MOST_EVERY : 5_000
  if (isDue && !isAsking && now - asked >= pause) ask()
  if (pending !== null) apply()
}

setInterval(tick, 250)
document.addEventListener('moment', () => {
  isEarlier = true
  document.querySelector('.without-live')?.classList.remove('without-live')
})
document.addEventListener('visibilitychange', () => { if (!document.hidden) { want(); tick() } })

// --- putting in place

function apply () {
  let isHeldBack = false
  let isNew = false
  for (const fresh of pending.querySelectorAll('[data-live][id]')) {
    const old = document.getElementById(fresh.id)
    if (old === null) append(fresh)
    else if (differs(old, fresh)) {
      if (isInUse(old)) isHeldBack = true
      else {
        replace(old, fresh)
        isNew ||= fresh.dataset.quantity !== undefined
      }
    }
  }
  offerNew(pending.querySelector('[data-live-list]'))
  if (isNew) announce()
  if (!isHeldBack) pending = null
}

function differs (old, fresh) {
  const bare = old.cloneNode(true)
  for (const change of bare.querySelectorAll('[data-change]')) change.textContent = ''
  return bare.outerHTML !== fresh.outerHTML
}

// What a person points at, reads aloud, has selected or has opened stays as it is until they leave it.
function isInUse (element) {
  const selection = document.getSelection()
  return element.contains(document.activeElement) || element.matches(':hover') ||
    (!selection.isCollapsed && selection.containsNode(element, true)) ||
    element.querySelector('details[open]') !== null
}

function replace (old, fresh) {
  const copy = document.importNode(fresh, true)
  const change = copy.querySelector('[data-change]')
  const more = Number(fresh.dataset.quantity) - Number(old.dataset.quantity)
  if (change !== null) change.textContent = more ? changed(more, copy) : old.querySelector('[data-change]')?.textContent ?? ''
  old.replaceWith(copy)
}

function changed (more, element) {
  const number = element.id === 'headline-cash' ? money(Math.abs(more)) : Math.abs(more).toLocaleString('en-GB')
  return `${more > 0 ? '+' : '−'}${number} at ${clock(new Date())}`
}

function money (pence) {
  return (pence / 100).toLocaleString('en-GB', { style: 'currency', currency: 'GBP', minimumFractionDigits: pence % 100 ? 2 : 0 })
}

// A new row goes to the end: rows that are being read do not move.
function append (fresh) {
  const parent = fresh.parentElement.closest('[id]')
  const body = parent && document.getElementById(parent.id)?.querySelector('tbody')
  if (fresh.tagName === 'TR' && body) body.append(document.importNode(fresh, true))
}

// A list does not grow while it is read: it offers what is new.
function offerNew (fresh) {
  const old = fresh && document.getElementById(fresh.id)
  if (!old || !showNew) return
  const newer = Number(fresh.dataset.newest) - Number(old.dataset.newest)
  showNew.hidden = newer <= 0
  if (newer > 0) {
    const text = newer === 1 ? 'Show 1 new event' : `Show ${newer.toLocaleString('en-GB')} new events`
    if (showNew.textContent !== text) showNew.textContent = text
    showNew.onclick = () => {
      old.replaceWith(document.importNode(fresh, true))
      showNew.hidden = true
      document.getElementById('latest-heading')?.focus()
    }
  }
}

// --- saying so

function lose () {
  if (lostSince !== null || isEarlier) return
  lostSince = new Date(heard)
  line.classList.add('freshness--lost')
  document.title = `Not up to date – ${title}`
  say(`Not up to date since ${clock(lostSince)}. Trying again.`)
}

function back () {
  if (lostSince === null) return
  lostSince = null
  line.classList.remove('freshness--lost')
  document.title = title
  say(`Up to date again at ${clock(new Date())}.`)
}

// Read aloud by a screen reader, so not at every figure.
function announce () {
  if (lostSince !== null || Date.now() - announced < ANNOUNCE_AT_MOST_EVERY) return
  announced = Date.now()
  say(`Up to date. New figures at ${clock(new Date())}.`)
}

function say (text) {
  said.textContent = text
}

function clock (moment) {
  const [hour, minute] = moment.toLocaleTimeString('en-GB', { timeZone: 'Europe/London', hour: '2-digit', minute: '2-digit' }).split(':')
  if (minute === '00' && hour % 12 === 0) return hour === '12' ? 'midday' : 'midnight'
  const twelve = Number(hour) % 12 || 12
  return `${twelve}${minute === '00' ? '' : ':' + minute}${Number(hour) < 12 ? 'am' : 'pm'}`
}
