// The sides of a comparison that this bench serves itself.

/**
 * `service`: ours. `bare`: a bare Fastify route with its own body parsers, for forms that of the usual plugin. `lean`: the same with a
 * body reader that keeps bytes as they came. `jwt`: bare, and the text is an ES256 JWT that is verified.
 */
export type SideName = 'service' | 'bare' | 'lean' | 'jwt';

export const JWT_ISSUER = 'https://issuer.example';
export const JWT_AUDIENCE = 'bench';
