// Draws `data.tree` in place, so that what has the focus keeps it, and reports what is pressed; once the page has its
// style, without which it would be of another height.
// A tree is a text, or [name, attributes, ...children]. No text of it is ever read as HTML.
const SVG = new Set(['svg', 'path']);

const make = (tree) => {
  if (typeof tree === 'string') return document.createTextNode(tree);
  const node = SVG.has(tree[0])
    ? document.createElementNS('http://www.w3.org/2000/svg', tree[0]) : document.createElement(tree[0]);
  return draw(node, tree);
};

const fits = (node, tree) => typeof tree === 'string' ? node.nodeType === 3 : node.localName === tree[0];

const draw = (node, tree) => {
  if (typeof tree === 'string') {
    if (node.data !== tree) node.data = tree;
    return node;
  }
  const [, attributes, ...children] = tree;
  for (const { name } of [...node.attributes]) if (!(name in attributes)) node.removeAttribute(name);
  for (const [name, value] of Object.entries(attributes))
    if (node.getAttribute(name) !== value) node.setAttribute(name, value);
  children.forEach((child, place) => {
    const old = node.childNodes[place];
    if (!old) node.append(make(child));
    else if (fits(old, child)) draw(old, child);
    else old.replaceWith(make(child));
  });
  while (node.childNodes.length > children.length) node.lastChild.remove();
  return node;
};

export default function ({ parentElement, data, setTriggerValue }) {
  let root = parentElement.querySelector(':scope > .island');
  if (!root) {
    root = document.createElement('div');
    root.className = 'island';
    parentElement.append(root);
  }
  root.tree = data.tree;
  const drawn = () => {
    if (!getComputedStyle(root).getPropertyValue('--styled')) requestAnimationFrame(drawn);
    else draw(root, ['div', { class: 'island' }, root.tree]);
  };
  drawn();
  root.onclick = (event) => {
    const pressed = event.target.closest('[data-press]');
    if (!pressed || event.ctrlKey || event.metaKey || event.shiftKey) return;  // a link opens elsewhere
    event.preventDefault();
    if (pressed.ariaDisabled === 'true') return;
    // A switch turns at once; what the server then draws has the last word.
    if (pressed.role === 'switch') pressed.ariaChecked = String(pressed.ariaChecked !== 'true');
    setTriggerValue('press', pressed.dataset.press);
  };
}
