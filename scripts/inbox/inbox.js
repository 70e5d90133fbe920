"use strict";
(() => {
  const views = [...document.querySelectorAll('input[name="view"]')];
  const cards = [...document.querySelectorAll("article.card")];
  const frames = [...document.querySelectorAll("iframe")];
  const marks = document.getElementById("marks");

  const show = (view) => {
    document.body.dataset.view = view;
  };
  views.forEach((radio) => radio.addEventListener("change", () => show(radio.value)));
  const checked = views.find((radio) => radio.checked);
  if (checked) show(checked.value);

  /* The frames are opaque to this page: the marks go by leaving their style out. */
  const documents = new Map(frames.map((frame) => [frame, frame.srcdoc]));
  if (marks) {
    marks.addEventListener("change", () => {
      for (const [frame, html] of documents) {
        frame.srcdoc = marks.checked ? html : html.replaceAll("[data-kit-personal]", "[data-kit-unmarked]");
      }
    });
  }

  /* Each frame becomes as high as its mail. Frames cannot be measured from here, so a stand-in is: the mail's words with
     what of its layout stands in attributes, made anew from allowed parts alone; nothing of it loads, runs or shows. What
     a mail sets in a style sheet is not seen: a frame that stays too low scrolls to the personal part by itself. */
  const LOWEST = 160, HIGHEST = 2400, MOST_ELEMENTS = 2000, MOST_LETTERS = 30000;
  const KEPT = new Set(("A B BIG BLOCKQUOTE BR CAPTION CENTER CODE DD DIV DL DT EM FONT H1 H2 H3 H4 H5 H6 HR I LI OL P PRE " +
    "SMALL SPAN STRONG SUB SUP TABLE TBODY TD TFOOT TH THEAD TR TT U UL").split(" "));
  const LEFT_OUT = new Set("HEAD LINK META NOSCRIPT SCRIPT STYLE TEMPLATE TITLE".split(" "));
  const ATTRIBUTES = ["border", "cellpadding", "cellspacing", "colspan", "height", "rowspan", "size", "width"];
  const SIDES = ["top", "right", "bottom", "left"];
  const LAYOUT = ["border-collapse", "border-spacing", "box-sizing", "display", "font-family", "font-size", "font-style",
    "font-weight", "height", "letter-spacing", "line-height", "max-height", "max-width", "min-height", "min-width",
    "text-transform", "white-space", "width", "word-break", "overflow-wrap",
    ...SIDES.flatMap((side) => [`margin-${side}`, `padding-${side}`, `border-${side}-width`, `border-${side}-style`])];

  const standIn = (html) => {
    const left = { elements: MOST_ELEMENTS, letters: MOST_LETTERS };
    const copy = (from, to) => {
      for (const node of from.childNodes) {
        if (left.elements <= 0 || left.letters <= 0) return;
        if (node.nodeType === Node.TEXT_NODE) {
          to.append(node.data.slice(0, left.letters));
          left.letters -= node.data.length;
        } else if (node.nodeType === Node.ELEMENT_NODE && !LEFT_OUT.has(node.tagName)) {
          left.elements -= 1;
          to.append(element(node));
        }
      }
    };
    const element = (node) => {
      const picture = node.tagName === "IMG";
      const made = document.createElement(KEPT.has(node.tagName) ? node.tagName : picture ? "span" : "div");
      for (const name of ATTRIBUTES) {
        if (node.hasAttribute(name)) made.setAttribute(name, node.getAttribute(name));
      }
      if (picture) {
        made.textContent = node.getAttribute("alt");
        made.style.cssText = "display: inline-block; max-width: 100%";
        for (const side of ["width", "height"]) made.style[side] = `${parseInt(node.getAttribute(side), 10)}px`;
      }
      for (const name of node.style ? LAYOUT : []) {
        const value = node.style.getPropertyValue(name);
        if (value) made.style.setProperty(name, value);
      }
      copy(node, made);
      return made;
    };
    const whole = document.createElement("div");
    whole.style.cssText = "all: initial; display: flow-root; font: 16px system-ui, sans-serif; padding: 14px";
    copy(new DOMParser().parseFromString(html.slice(0, 10 * MOST_LETTERS), "text/html").documentElement, whole);
    return whole;
  };

  const place = document.createElement("div");
  place.style.cssText = "position: absolute; top: 0; left: 0; height: 0; overflow: hidden; visibility: hidden; contain: strict";
  place.setAttribute("aria-hidden", "true");
  const inside = place.attachShadow({ mode: "closed" });

  const measured = new Map();
  const fit = (frame) => {
    const width = frame.clientWidth;
    const known = measured.get(frame) || { width: 0, mail: standIn(documents.get(frame)) };
    measured.set(frame, known);
    if (!width || width === known.width) return;
    known.width = width;
    place.style.width = `${width}px`;
    document.body.append(place);
    inside.replaceChildren(known.mail);
    /* A little more than measured: letters are not rounded alike everywhere. */
    const height = Math.ceil(known.mail.scrollHeight * 1.02) + 4;
    inside.replaceChildren();
    place.remove();
    frame.style.height = `${Math.max(LOWEST, Math.min(HIGHEST, height))}px`;
  };
  const widths = new ResizeObserver((entries) => requestAnimationFrame(() => entries.forEach((entry) => fit(entry.target))));
  frames.forEach((frame) => widths.observe(frame));

  const move = (step) => {
    const now = cards.indexOf(document.activeElement.closest("article.card"));
    const next = cards[Math.max(0, Math.min(cards.length - 1, now + step))];
    if (next) {
      next.focus();
      next.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.matches('textarea, select, input:not([type="radio"]):not([type="checkbox"])')) return;
    const radio = views[Number(event.key) - 1];
    if (radio) {
      radio.checked = true;
      show(radio.value);
    } else if (event.key === "j") {
      move(1);
    } else if (event.key === "k") {
      move(-1);
    } else if (event.key === "m" && marks) {
      marks.click();
    }
  });
})();
