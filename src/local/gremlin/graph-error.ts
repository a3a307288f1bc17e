/** Status codes of Gremlin Server's protocol for requests that fail. */
export const FAILURE = { malformed: 499, refused: 500, timeout: 598, bug: 595 } as const;

type FailureCode = (typeof FAILURE)[keyof typeof FAILURE];

/** What a client did wrong, in words for it; anything else that is thrown is a bug of the endpoint. */
export class GraphError extends Error {
  override readonly name = "GraphError";
  readonly code: FailureCode;

  constructor(message: string, code: FailureCode = FAILURE.refused) {
    super(message);
    this.code = code;
  }
}

/** The refusal of a step, or of a form of it, that is not served. */
export function unknownStep(form: string): GraphError {
  return new GraphError(
    `the embedded graph does not know the step ${form}; use a Gremlin Server or Neptune profile`,
  );
}
