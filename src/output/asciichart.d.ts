declare module "asciichart" {
  interface PlotOptions {
    min?: number;
    max?: number;
    height?: number;
    /** At which column lines begin. */
    offset?: number;
    format?: (value: number) => string;
    symbols?: readonly string[];
    /** One for each series: an escape sequence. */
    colors?: readonly (string | undefined)[];
  }
  const asciichart: {
    plot(series: readonly (readonly number[])[], options?: PlotOptions): string;
    blue: string;
    yellow: string;
    green: string;
    magenta: string;
    cyan: string;
  };
  export default asciichart;
}
