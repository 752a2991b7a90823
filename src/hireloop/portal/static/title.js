// The page's title, with the time that matters before it: it is seen while another tab is in front.

let title = document.title;

export function set(words) {
  title = words;
}

export function lead(time) {
  const words = time ? `${time} – ${title}` : title;
  if (document.title !== words) document.title = words;
}
