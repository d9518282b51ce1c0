// Rows and pages change by themselves. Without this script every page still works.
"use strict";
(() => {
  const main = document.getElementById("main");
  const lamp = document.getElementById("lamp");
  const after = main && main.dataset.sequence;
  if (!after || !window.EventSource) return;

  const say = (state, text) => {
    lamp.hidden = false;
    lamp.className = "lamp " + state;
    lamp.textContent = text;
  };

  const belongs = {
    waiting: (state) => state === "waiting",
    decided: (state) => ["approved", "rejected", "expired"].includes(state),
    past: (state) => ["superseded", "cancelled"].includes(state),
    all: () => true,
  };

  const changeRow = ({ request_id, state, row }) => {
    const rows = document.getElementById("rows");
    const holder = document.createElement("tbody");
    holder.innerHTML = row;
    const fresh = holder.firstElementChild;
    const known = document.getElementById("r-" + request_id);
    const show = main.dataset.show;
    if (known) {
      known.replaceWith(fresh);
    } else if (belongs[show](state)) {
      // Where the list begins with the oldest, what is new stands at its end.
      show === "waiting" ? rows.append(fresh) : rows.prepend(fresh);
    } else {
      return;
    }
    fresh.classList.add("changed");
    document.getElementById("empty").hidden = rows.children.length > 0;
  };

  const writing = () => {
    const reason = document.getElementById("reason");
    return reason && reason.value !== "";
  };

  const changePage = async () => {
    const answer = await fetch(location.pathname, { headers: { accept: "text/html" } });
    // Somebody who is not signed in any more is led to another page.
    if (!answer.ok || answer.redirected) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("main");
    if (writing()) {
      // What somebody types is not taken from them; only what they read changes.
      for (const part of ["explanation", "shown"]) {
        document.getElementById(part)?.replaceWith(fresh.querySelector("#" + part));
      }
      return;
    }
    const notice = main.querySelector(".notice");
    main.replaceChildren(...fresh.childNodes);
    if (notice) main.prepend(notice);
  };

  const events = new EventSource("/approval-apps/events?after=" + after);
  events.addEventListener("ready", () => say("live", "live"));
  events.addEventListener("error", () => say("stale", "not live, trying again"));
  events.addEventListener("request", (event) => {
    say("live", "live");
    const change = JSON.parse(event.data);
    if (!main.dataset.request) changeRow(change);
    else if (main.dataset.request === change.request_id) changePage();
  });
})();
