/** A JSON text's value; a text that is no JSON, such as a reason for an end, stands for itself. */
export function parseLoosely(text: string | null): unknown {
  if (text === null) return null;
  const trimmed = text.trim();
  if (trimmed === '') return '';
  try {
    const value: unknown = JSON.parse(trimmed);
    return value;
  } catch (error) {
    if (error instanceof SyntaxError) return trimmed;
    throw error;
  }
}
