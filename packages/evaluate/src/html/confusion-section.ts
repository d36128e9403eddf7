import type { Report } from '../report.js';
import { heatLevel } from './heat-colours.js';
import { html, type Html } from './html.js';
import { count, percent } from './numbers.js';
import { plainTable, scrollTable } from './scroll-table.js';

/** More scenes than this make a picture that nobody can read. */
const MOST_SCENES = 50;
/** Pairs listed. */
const MOST_PAIRS = 10;

/** The confusion matrix, shaded by the share of the true scene's clips; the pairs alone where there are too many scenes. */
export function confusionSection(report: Report): Html {
  const matrix = report.labels.length > MOST_SCENES ? html`` : heatMap(report);
  return html`<section id="confusion">
    <h2>Confusion</h2>
    ${matrix} ${confusedPairs(report)}
  </section>`;
}

function heatMap({ labels, confusion }: Report): Html {
  const head = html`<th scope="col">true ╲ predicted</th>
    ${labels.map((label) => html`<th scope="col" class="upright"><span>${label}</span></th>`)}`;
  const rows = confusion.map((counts, truth) => {
    const total = counts.reduce((sum, each) => sum + each, 0);
    const cells = counts.map((clips, guess) => {
      const level = heatLevel(total === 0 ? 0 : clips / total);
      const shade = level === 0 ? 'none' : `${truth === guess ? 'right' : 'wrong'}-${level}`;
      return html`<td class="${shade}">${count(clips)}</td>`;
    });
    return html`<tr>
      <th scope="row">${labels[truth] ?? ''}</th>
      ${cells}
    </tr>`;
  });
  return html`<p>
      Clips of each true scene (row) by the scene they were taken for (column); the darker or brighter, the more of the
      row.
    </p>
    <div class="heat">${scrollTable('Confusion matrix', head, rows)}</div>`;
}

function confusedPairs({ labels, confusion }: Report): Html {
  const pairs = confusion
    .flatMap((counts, truth) => {
      const total = counts.reduce((sum, each) => sum + each, 0);
      return counts.map((clips, guess) => ({ clips, truth, guess, share: clips / total }));
    })
    .filter(({ clips, truth, guess }) => truth !== guess && clips > 0)
    .sort((a, b) => b.clips - a.clips)
    .slice(0, MOST_PAIRS);
  if (pairs.length === 0) return html`<p>Nothing was confused.</p>`;
  const rows = pairs.map(({ clips, truth, guess, share }) => {
    return [labels[truth] ?? '', labels[guess] ?? '', count(clips), percent(share)];
  });
  return plainTable('Most often confused', ['true scene', 'taken for', 'clips', 'of the scene'], rows);
}
