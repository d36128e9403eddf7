/** Sums of products in float64, exact for integers: a (M, K) and b (K, N), or (N, K) where it is transposed → (M, N). */
export function multiplyMatrices(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  { rows, inner, columns }: { readonly rows: number; readonly inner: number; readonly columns: number },
  transposed: boolean,
): Float64Array {
  const sums = new Float64Array(rows * columns);
  for (let m = 0; m < rows; m++) {
    for (let n = 0; n < columns; n++) {
      let sum = 0;
      for (let k = 0; k < inner; k++) {
        sum += (a[m * inner + k] ?? 0) * (b[transposed ? n * inner + k : k * columns + n] ?? 0);
      }
      sums[m * columns + n] = sum;
    }
  }
  return sums;
}
