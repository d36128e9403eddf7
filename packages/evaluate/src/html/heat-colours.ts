type Colour = readonly [red: number, green: number, blue: number];

/** Shades a cell may have; 0 has none. */
export const HEAT_LEVELS = 8;

/** Faintest and strongest shade of what was right and what was wrong, on a light and on a dark page. */
const RAMPS: Readonly<Record<'light' | 'dark', Readonly<Record<'right' | 'wrong', readonly [Colour, Colour]>>>> = {
  light: {
    right: [
      [230, 240, 251],
      [8, 69, 148],
    ],
    wrong: [
      [253, 237, 222],
      [166, 54, 3],
    ],
  },
  dark: {
    right: [
      [26, 42, 62],
      [124, 187, 250],
    ],
    wrong: [
      [60, 38, 20],
      [253, 160, 92],
    ],
  },
};

/** A rule of style for every shade: its colour, and black or white on it, whichever can be read better. */
export function heatRules(theme: 'light' | 'dark'): string {
  return Object.entries(RAMPS[theme])
    .flatMap(([kind, [faint, strong]]) =>
      Array.from({ length: HEAT_LEVELS }, (_, i) => {
        const share = i / (HEAT_LEVELS - 1);
        const [red, green, blue] = faint.map((value, at) =>
          Math.round(value + share * ((strong[at] ?? 0) - value)),
        ) as unknown as Colour;
        const shade: Colour = [red, green, blue];
        const text: Colour =
          contrast(shade, [0, 0, 0]) > contrast(shade, [255, 255, 255]) ? [0, 0, 0] : [255, 255, 255];
        return `.${kind}-${i + 1}{background:${hex(shade)};color:${hex(text)}}`;
      }),
    )
    .join('\n');
}

/** The shade of a share from 0 to 1: 0 for nothing at all, else 1 … {@link HEAT_LEVELS}. */
export function heatLevel(share: number): number {
  return share > 0 ? Math.max(1, Math.ceil(Math.min(1, share) * HEAT_LEVELS)) : 0;
}

/** Contrast of two colours, 1 to 21. Source: WCAG 2.2, "contrast ratio". */
export function contrast(a: Colour, b: Colour): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((one, other) => other - one) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour: Colour): number {
  const [red = 0, green = 0, blue = 0] = colour.map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function hex(colour: Colour): string {
  return `#${colour.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}
