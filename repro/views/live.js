// Asks for the next drawing once the browser has shown this one: `data.every` milliseconds after the last was asked
// for, or on a machine that takes longer, after a pause that leaves it a third of its time.
let asked = null;

// A button that becomes grey loses the focus, and the keyboard would begin anew at the top of the page: it goes to the
// next button beside it.
let focused = [];  // what has the focus, and all that it is in
document.addEventListener('focusin', ({ target }) => {
  for (focused = []; target; target = target.parentElement) focused.push(target);
});
const keepFocus = () => {
  const [last, ...around] = focused;
  if (document.activeElement !== document.body && document.activeElement !== last) return;
  if (!last || (last.isConnected && !last.disabled)) return;
  const row = around.find((node) => node.isConnected && node.querySelector('button:enabled'));
  row?.querySelector('button:enabled').focus();
};

export default function ({ parentElement, data, setTriggerValue }) {
  setTimeout(keepFocus);
  const stop = () => clearTimeout(parentElement.timer);
  stop();
  const began = asked ?? performance.now();
  asked = null;
  if (data.every === null) return stop;
  requestAnimationFrame(() => {  // never while the tab is hidden
    stop();
    parentElement.timer = setTimeout(() => {  // what was to be drawn is drawn
      const took = performance.now() - began;
      parentElement.timer = setTimeout(() => {
        asked = performance.now();
        setTriggerValue('look', data.drawn);
      }, Math.max(data.every - took, took / 2));
    });
  });
  return stop;
}
