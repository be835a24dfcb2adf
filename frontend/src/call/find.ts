/** What the server has put on the page for the script to fill. Throws where it is missing. */
export function find<E extends Element>(selector: string, root: ParentNode = document): E {
  const element = root.querySelector<E>(selector);
  if (!element) throw new Error(`The page lacks ${selector}.`);
  return element;
}
