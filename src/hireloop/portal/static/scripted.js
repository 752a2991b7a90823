// What is said only with, or only without, a running script. The page says the latter until a script has really run.

export function show() {
  document.querySelectorAll(".scripted, .unscripted").forEach((line) => {
    line.hidden = line.classList.contains("unscripted");
  });
}
