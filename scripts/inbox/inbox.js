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
