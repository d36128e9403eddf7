/** Hues of neighbours in the list lie far apart: steps of the golden angle. */
const GOLDEN_ANGLE = 137.508;

/** The colour of scene number `index`, light enough for dark text upon it. */
export function sceneColour(index: number): string {
  return `hsl(${Math.round(index * GOLDEN_ANGLE + 205) % 360} 70% 72%)`;
}
