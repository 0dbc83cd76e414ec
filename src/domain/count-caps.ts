// How many there may be of what people and tokens make by themselves (threats D1). Generous: whoever meets one of these has a program
// that forgets to clear away, or no good in mind. What site administrators make, and what is imported, is not bounded.

/** Live classic tokens of a holder; fine-grained ones have a setting (M6). */
export const CLASSIC_TOKENS_MAX = 1000;
/** Records of tokens of a holder, those that have ended too. */
export const TOKEN_RECORDS_MAX = 10_000;
/** Of a person; the oldest end beyond it. */
export const SESSIONS_MAX = 1000;
/** Made from one text of a token, and not ended. */
export const EXCHANGED_TOKENS_MAX = 10_000;
/** Of a repository. */
export const DEPLOY_KEYS_MAX = 100;
/** Of an organization. */
export const TEAMS_MAX = 5000;
/** Of an owner. */
export const REPOSITORIES_MAX = 50_000;
