// A text as it may be written where nobody looks for it: encoded, reversed, in two bytes a character. For searches of secrets.

/** What of the Base64 form is the same whatever stands behind the text, where so many bytes stand before it. */
function base64At(bytes: Buffer, before: number): string {
  const whole = Buffer.concat([Buffer.alloc(before), bytes]);
  return whole.toString('base64').slice(Math.ceil((before * 4) / 3), Math.floor(whole.length / 3) * 4);
}

/** Each form by its name; the text itself is none of them. */
export function writtenForms(text: string): readonly (readonly [name: string, bytes: Buffer])[] {
  const bytes = Buffer.from(text);
  const base64 = [0, 1, 2].map((before) => base64At(bytes, before));
  const forms = [
    ...base64.map((form, before) => [`Base64 behind ${before}`, form] as const),
    ...base64.map(
      (form, before) => [`Base64 for URLs behind ${before}`, form.replace(/\+/g, '-').replace(/\//g, '_')] as const,
    ),
    ['hexadecimal', bytes.toString('hex')] as const,
    ['HEXADECIMAL', bytes.toString('hex').toUpperCase()] as const,
    ['percent', [...bytes].map((byte) => `%${byte.toString(16)}`).join('')] as const,
    ['reversed', [...text].reverse().join('')] as const,
  ];
  return [...forms.map(([name, form]) => [name, Buffer.from(form)] as const), ['UTF-16', Buffer.from(text, 'utf16le')]];
}
