// ---------------------------------------------------------------- light and dark

function theme() {
  const button = document.getElementById("theme");
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const dark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);
  const name = () => {
    button.textContent = dark() ? "Light" : "Dark";
    button.setAttribute("aria-label", dark() ? "Show the page in light colours" : "Show the page in dark colours");
  };
  button.hidden = false;
  button.addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    name();
    redraw();
  });
  system.addEventListener("change", () => {
    name();
    redraw();
  });
  name();
}

// ---------------------------------------------------------------- paper

function unfoldForPrint() {
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("details:not([open], .menu)")];
    for (const details of folded) details.open = true;
  });
  addEventListener("afterprint", () => {
    for (const details of folded) details.open = false;
  });
}

// ---------------------------------------------------------------- start

function copyButton() {
  const command = document.getElementById("command");
  if (!command || !navigator.clipboard) return;
  const button = make("button", { type: "button", class: "copy" }, "Copy");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(command.textContent);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(command);
      button.textContent = "Selected";
    }
  });
  command.parentElement.append(button);
}

// A link to what stands in a folded part opens it.
function unfoldTarget() {
  if (!location.hash || location.hash.startsWith("#tensor=")) return;
  const target = document.getElementById(location.hash.slice(1));
  if (target) unfoldAround(target);
}

function start() {
  document.documentElement.classList.add("live");
  theme();
  unfoldForPrint();
  for (const place of document.querySelectorAll("[data-checkpoint]")) {
    const number = Number(place.dataset.checkpoint);
    tables.set(number, new TensorTable(place, number));
  }
  startDialog();
  startCharts();
  startSearch();
  copyButton();
  addEventListener("hashchange", unfoldTarget);
  unfoldTarget();
}

start();
