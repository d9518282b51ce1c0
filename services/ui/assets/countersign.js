// Rows and pages change by themselves, keys work, and times are the reader's. Without this script
// every page still works.
"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const main = $("main");
  const lamp = $("lamp");
  const announce = (text) => { $("announce").textContent = text; };

  // --- Times: in the reader's zone, with UTC on hover ---------------------

  const unit = (seconds) => {
    if (seconds < 60) return "just now";
    if (seconds < 3600) return Math.floor(seconds / 60) + " min";
    if (seconds < 86400) return Math.floor(seconds / 3600) + " h";
    return Math.floor(seconds / 86400) + " d";
  };
  const local = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
  const tellTimes = (root) => {
    for (const time of root.querySelectorAll("time[datetime]")) {
      const at = new Date(time.dateTime);
      if (Number.isNaN(at.getTime())) continue;
      const utc = at.toISOString().replace("T", " ").slice(0, 19) + " UTC";
      const old = (Date.now() - at) / 1000;
      if (time.classList.contains("ago")) time.textContent = unit(old);
      else if (time.classList.contains("left")) time.textContent = unit(-old);
      else time.textContent = local.format(at);
      time.title = time.className ? local.format(at) + " (" + utc + ")" : utc;
    }
  };
  tellTimes(document);
  setInterval(() => {
    for (const time of document.querySelectorAll("time.ago, time.left")) tellTimes(time.parentNode);
  }, 30000);

  // --- Partial updates: the page's own address, asked again ---------------

  const fetchPage = async (url) => {
    const answer = await fetch(url, { headers: { accept: "text/html" } });
    // Somebody who is not signed in any more is led to another page.
    if (!answer.ok || answer.redirected) throw new Error("HTTP " + answer.status);
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  };

  // What a piece looked like when the server made it: times were changed here since.
  const made = new WeakMap();
  const remember = (piece) => made.set(piece, piece.outerHTML);
  const inUse = (piece) => {
    if (piece.contains(document.activeElement)) return true;
    return [...piece.querySelectorAll("textarea, input[type=checkbox]")].some((field) =>
      field.type === "checkbox" ? field.checked !== field.defaultChecked : field.value !== field.defaultValue);
  };

  const put = (known, fresh, change) => {
    const html = fresh.outerHTML;
    if (known && made.get(known) === html) return false;
    const node = document.importNode(fresh, true);
    change(node);
    made.set(node, html);
    tellTimes(node);
    return true;
  };

  const updatePage = (page) => {
    for (const fresh of page.querySelectorAll("[data-live]")) {
      const known = $(fresh.id);
      // What somebody types is not taken from them; only what they read changes.
      if (!known || inUse(known)) continue;
      put(known, fresh, (node) => known.replaceWith(node));
    }
    const shown = page.getElementById("shown-word")?.textContent;
    for (const copy of document.querySelectorAll("[data-copy=shown-word]")) if (shown) copy.textContent = shown;
    announce($("explanation")?.textContent || "");
  };

  // A list must not jump while somebody is about to press something in it.
  let touched = 0;
  for (const kind of ["pointermove", "pointerdown", "touchmove", "wheel", "keydown"]) {
    addEventListener(kind, () => { touched = Date.now(); }, { passive: true });
  }
  const table = $("requests");
  const busy = () => Date.now() - touched < 3000 || table?.contains(document.activeElement)
    || document.querySelector("input[name=pick]:checked") !== null;

  let waiting = null;
  const replaceRow = (known, fresh) => put(known, fresh, (node) => {
    const picked = known.querySelector("input[name=pick]:checked");
    const focused = [...known.querySelectorAll("a, input")].indexOf(document.activeElement);
    known.replaceWith(node);
    const box = node.querySelector("input[name=pick]");
    if (picked && box) box.checked = true;
    if (focused >= 0) [...node.querySelectorAll("a, input")][focused]?.focus();
    node.classList.add("changed");
  });

  const updateList = (page, now) => {
    const rows = $("rows");
    const fresh = new Map([...page.querySelectorAll("#rows > tr")].map((row) => [row.id, row]));
    for (const [id, row] of fresh) {
      const known = $(id);
      if (known && replaceRow(known, row)) announce(row.querySelector(".title").textContent + ": " + row.querySelector(".chip").textContent);
    }
    const gone = [...rows.children].filter((row) => !fresh.has(row.id));
    const added = [...fresh.values()].filter((row) => !$(row.id));
    // Where the oldest comes first, what is new stands below all that is read.
    const below = main.dataset.list === "oldest";
    const hold = !now && busy();
    for (const row of gone) hold ? row.classList.add("gone") : row.remove();
    if (!hold || below) {
      for (const row of added) put(null, row, (node) => {
        below ? rows.append(node) : rows.insertBefore(node, rows.children[[...fresh.keys()].indexOf(row.id)] || null);
        node.classList.add("changed");
      });
    }
    const held = (hold ? gone.length : 0) + (hold && !below ? added.length : 0);
    if (added.length) announce(added.length === 1 ? "One more request" : added.length + " more requests");
    waiting = held ? page : null;
    $("news").hidden = !held;
    $("news").firstElementChild.textContent = held === 1 ? "One change: tidy the list" : held + " changes: tidy the list";
    $("empty").hidden = rows.children.length > 0;
    table.hidden = rows.children.length === 0;
    $("many").classList.toggle("idle", !document.querySelector("input[name=pick]"));
  };
  $("news")?.addEventListener("click", () => waiting && updateList(waiting, true));
  setInterval(() => { if (waiting && !busy()) updateList(waiting, true); }, 1000);

  // At once when it is calm, and once a second in a storm.
  const PAUSE = 1000;
  let asked = 0;
  let asking = false;
  let missed = false;
  let later = null;
  const refresh = async () => {
    if (asking) { missed = true; return true; }
    const wait = asked + PAUSE - Date.now();
    if (wait > 0) {
      later ??= setTimeout(() => { later = null; refresh(); }, wait);
      return true;
    }
    [asking, missed] = [true, false];
    try {
      const page = await fetchPage(location.href.replace(/[?&]said=[^&#]*/, ""));
      if (main.dataset.request) updatePage(page); else updateList(page, false);
      return true;
    } catch {
      return false;
    } finally {
      [asking, asked] = [false, Date.now()];
      if (missed) refresh();
    }
  };

  // --- The lamp: live, polling or stale -----------------------------------

  const say = (state, text) => {
    lamp.hidden = false;
    lamp.className = "lamp " + state;
    lamp.textContent = text;
  };
  const POLL = 10000;
  const SILENCE = 40000;
  let heard = 0;
  let events = null;
  let polling = null;
  const clock = () => new Date().toLocaleTimeString(undefined, { timeStyle: "short" });
  const poll = async () => {
    if (await refresh()) say("polling", "polling every 10 s");
    else say("stale", lamp.classList.contains("stale") ? lamp.textContent : "stale since " + clock());
  };
  const fall = () => { if (!polling) { polling = setInterval(poll, POLL); poll(); } };
  const live = (event) => {
    heard = Date.now();
    if (event?.lastEventId) main.dataset.sequence = event.lastEventId;
    if (polling) { clearInterval(polling); polling = null; refresh(); }
    say("live", "live");
  };
  const listen = () => {
    events?.close();
    heard = Date.now();
    events = new EventSource("/approval-apps/events?after=" + main.dataset.sequence);
    events.addEventListener("ready", live);
    events.addEventListener("beat", live);
    events.addEventListener("request", (event) => {
      live(event);
      const { request_id, row } = JSON.parse(event.data);
      if (main.dataset.request) {
        if (main.dataset.request === request_id) refresh();
        return;
      }
      const holder = document.createElement("tbody");
      holder.innerHTML = row;
      const known = $("r-" + request_id);
      if (known) replaceRow(known, holder.firstElementChild);
      refresh();
    });
    events.addEventListener("error", () => {
      say("stale", "not live, trying again");
      fall();
      // A browser gives up for good when the answer was an error.
      if (events.readyState === EventSource.CLOSED) setTimeout(listen, 3000);
    });
  };
  if (main.dataset.sequence && window.EventSource) {
    for (const piece of document.querySelectorAll("[data-live], #rows > tr")) remember(piece);
    $("many")?.classList.toggle("idle", !document.querySelector("input[name=pick]"));
    listen();
    // A proxy that swallows the stream leaves it open and silent.
    setInterval(() => { if (Date.now() - heard > SILENCE) { fall(); listen(); } }, 5000);
  }

  // --- Dialogs: the page that asks once more, in place ---------------------

  const open = (parts, label) => {
    const dialog = document.createElement("dialog");
    dialog.setAttribute("aria-label", label);
    dialog.append(...parts);
    document.body.append(dialog);
    dialog.addEventListener("close", () => dialog.remove());
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog || event.target.closest(".cancel")) { event.preventDefault(); dialog.close(); }
    });
    dialog.showModal();
    return dialog;
  };
  const ask = async (link) => {
    const page = await fetchPage(link.href).catch(() => null);
    if (!page) { location.href = link.href; return; }
    const content = [...page.getElementById("main").childNodes].map((node) => document.importNode(node, true));
    const dialog = open(content, link.getAttribute("aria-label") || link.textContent);
    dialog.querySelector("[autofocus]")?.focus();
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-dialog]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    ask(link);
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    const button = event.submitter;
    if (!form.dataset.confirm || button?.value !== "approve" || form.dataset.sure) return;
    event.preventDefault();
    const text = document.createElement("p");
    text.textContent = form.dataset.confirm;
    const buttons = document.createElement("div");
    buttons.className = "buttons";
    const yes = document.createElement("button");
    yes.className = "approve";
    yes.textContent = "Approve";
    const no = document.createElement("button");
    no.className = "cancel";
    no.textContent = "Cancel";
    buttons.append(yes, no);
    open([text, buttons], form.dataset.confirm);
    yes.addEventListener("click", () => { form.dataset.sure = "yes"; form.requestSubmit(button); });
    yes.focus();
  });

  // --- Several at once ------------------------------------------------------

  let last = null;
  const count = () => {
    const picked = document.querySelectorAll("input[name=pick]:checked").length;
    const text = $("picked");
    if (text) text.textContent = picked === 0 ? "Several at once:" : picked + " selected:";
    $("many")?.classList.toggle("some", picked > 0);
  };
  table?.addEventListener("click", (event) => {
    const box = event.target.closest("input[name=pick]");
    if (!box) return;
    const boxes = [...document.querySelectorAll("input[name=pick]")];
    const [from, to] = [boxes.indexOf(last), boxes.indexOf(box)].sort((one, other) => one - other);
    if (event.shiftKey && from >= 0) for (const it of boxes.slice(from, to + 1)) it.checked = box.checked;
    last = box;
    count();
  });

  // --- Keys -------------------------------------------------------------------

  const KEYS = [["j, k", "next, previous request"], ["o, Enter", "open it"], ["x", "select it"], ["a", "approve"],
    ["r", "reject"], ["/", "search"], ["?", "this help"], ["Esc", "close"]];
  const help = () => {
    const list = document.createElement("dl");
    for (const [key, what] of KEYS) {
      const [term, text] = [document.createElement("dt"), document.createElement("dd")];
      term.textContent = key;
      text.textContent = what;
      list.append(term, text);
    }
    const title = document.createElement("h2");
    title.textContent = "Keys";
    const close = document.createElement("button");
    close.className = "cancel";
    close.textContent = "Close";
    open([title, list, close], "Keys");
    close.focus();
  };
  const row = () => document.activeElement?.closest?.("#rows > tr");
  const move = (step) => {
    const rows = [...document.querySelectorAll("#rows > tr")];
    const at = rows.indexOf(row());
    const next = rows[at < 0 ? (step > 0 ? 0 : rows.length - 1) : at + step];
    next?.querySelector(".title").focus();
  };
  const press = (what) => {
    const here = main.dataset.request ? main : row();
    here?.querySelector(main.dataset.request ? "#deciding button." + what : "a." + what)?.click();
  };
  const actions = {
    j: () => move(1), k: () => move(-1), o: () => row()?.querySelector(".title").click(),
    x: () => row()?.querySelector("input[name=pick]")?.click(),
    a: () => press("approve"), r: () => press("reject"),
    "/": () => { $("q")?.focus(); $("q")?.select(); }, "?": help,
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.target.closest("input:not([type=checkbox]), textarea, select")) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
  const button = $("help");
  if (button) { button.hidden = false; button.addEventListener("click", help); }
})();
