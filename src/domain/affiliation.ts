// How a person comes to his role on a repository, in GitHub's words: it is his own, he collaborates, or an organization gives
// it to its members.

export const AFFILIATION_WORDS = ['owner', 'collaborator', 'organization_member'] as const;
export type Affiliation = (typeof AFFILIATION_WORDS)[number];
