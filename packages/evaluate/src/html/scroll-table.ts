import { html, type Content, type Html } from './html.js';

/** A table in a box of its own that scrolls sideways, by keyboard too, so that the page never does. */
export function scrollTable(label: string, head: Html, rows: readonly Html[]): Html {
  return html`<div class="scroll" role="region" aria-label="${label}" tabindex="0">
    <table>
      <caption>
        ${label}
      </caption>
      <thead>
        <tr>
          ${head}
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`;
}

/** A table of plain cells: the first of a row is its heading, the others are numbers or short words. */
export function plainTable(label: string, head: readonly string[], rows: readonly (readonly Content[])[]): Html {
  return scrollTable(
    label,
    html`${head.map((cell) => html`<th scope="col">${cell}</th>`)}`,
    rows.map(
      ([first = '', ...cells]) =>
        html`<tr>
          <th scope="row">${first}</th>
          ${cells.map((cell) => html`<td>${cell}</td>`)}
        </tr>`,
    ),
  );
}
