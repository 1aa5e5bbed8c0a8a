// Shows how far the work on an upload is, and opens the result. Without JavaScript the page reloads by itself.

const EVERY_MILLISECONDS = 1500;

async function look() {
  try {
    const answer = await fetch(location.href, { headers: { "X-By-Itself": "upload" } });
    const work = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("work");
    if (!answer.ok || !work) {
      location.reload();
      return;
    }
    document.getElementById("work").innerHTML = work.innerHTML;
  } catch {
    // The connection is lost; the next look may find it again.
  }
  setTimeout(look, EVERY_MILLISECONDS);
}

setTimeout(look, EVERY_MILLISECONDS / 3);
