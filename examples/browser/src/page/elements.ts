import { AscError } from '@asc/core';

/** The element of the page with this id. */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no element #${id}`);
  return found as T;
}

/** An element holding text. */
export function element(tag: string, text: string): HTMLElement {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}

/** Shows what went wrong where a screen reader tells it at once; `undefined` takes it away. */
export function showProblem(error: unknown): void {
  const place = byId('problem');
  place.hidden = error === undefined;
  place.textContent = error === undefined ? '' : messageOf(error);
}

function messageOf(error: unknown): string {
  if (error instanceof AscError) return error.message;
  return `Something failed: ${error instanceof Error ? error.message : String(error)}`;
}
