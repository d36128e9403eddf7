/** Whole numbers from 0 to 2^32 − 1 in an order, in as few bytes as the largest of their neighbours needs. */
export interface PagedNumbers {
  readonly length: number;
  at(index: number): number;
  push(value: number): void;
  set(index: number, value: number): void;
}

type Page = Uint8Array | Uint16Array | Uint32Array;

const SHIFT = 13;
const PAGE = 1 << SHIFT;

/**
 * An empty list. It grows page by page, so that nothing is copied and no room is left unused; a page starts with a byte a
 * number and is widened when a larger one comes.
 */
export function pagedNumbers(): PagedNumbers {
  const pages: Page[] = [];
  let length = 0;
  const set = (index: number, value: number): void => {
    let page = pages[index >> SHIFT] as Page;
    if (value > 0xff && (page.BYTES_PER_ELEMENT === 1 || (value > 0xffff && page.BYTES_PER_ELEMENT === 2))) {
      page = value > 0xffff ? Uint32Array.from(page) : Uint16Array.from(page);
      pages[index >> SHIFT] = page;
    }
    page[index & (PAGE - 1)] = value;
  };
  return {
    get length() {
      return length;
    },
    at: (index) => pages[index >> SHIFT]?.[index & (PAGE - 1)] ?? 0,
    push(value) {
      if (length === pages.length * PAGE) pages.push(new Uint8Array(PAGE));
      set(length++, value);
    },
    set,
  };
}
