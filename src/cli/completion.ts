// Completions of shells, made from what the commands declare: words, options and the values that an option takes. The scripts ask nobody
// while one types.

import { type Command, type Option, optionsOf } from './command.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

type Word = { readonly word: string; readonly about: string };

/** The words that may follow these, each once. */
function nextWords(commands: readonly Command[]): ReadonlyMap<string, readonly Word[]> {
  const next = new Map<string, Map<string, string>>();
  for (const { words, about } of commands) {
    const parts = words.split(' ');
    for (const [index, word] of parts.entries()) {
      const before = parts.slice(0, index).join(' ');
      const known = next.get(before) ?? new Map<string, string>();
      const is_last = index === parts.length - 1;
      if (is_last || !known.has(word)) known.set(word, is_last ? about : `Commands of ${word}`);
      next.set(before, known);
    }
  }
  return new Map([...next].map(([before, known]) => [before, [...known].map(([word, about]) => ({ word, about }))]));
}

function namesOf([name, { negatable }]: readonly [string, Option]): readonly string[] {
  return negatable === true ? [`--${name}`, `--no-${name}`] : [`--${name}`];
}

/** Everything in single quotes means itself, in all three. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** The script for that shell. */
export function completionScript(shell: Shell, commands: readonly Command[]): string {
  if (shell === 'fish') return fishScript(commands);
  return shell === 'bash' ? bashScript(commands) : zshScript(commands);
}

/** Cases of a shell that say what may follow the words of a command, and what an option takes. */
function cases(commands: readonly Command[], indent: string): readonly string[] {
  const lines = [...nextWords(commands)].map(
    ([before, words]) => `${indent}${quoted(before)}) found=${quoted(words.map(({ word }) => word).join(' '))};;`,
  );
  for (const command of commands) {
    const names = Object.entries(optionsOf(command)).flatMap(namesOf);
    lines.push(`${indent}${quoted(`${command.words} --`)}) found=${quoted(names.join(' '))};;`);
    for (const [name, { choices }] of Object.entries(optionsOf(command))) {
      if (choices === undefined) continue;
      lines.push(`${indent}${quoted(`${command.words} --${name}=`)}) found=${quoted(choices.join(' '))};;`);
    }
  }
  return lines;
}

/** The words of the longest command that the line begins with are looked for; what else stands there is given to it. */
function lookup(commands: readonly Command[]): string {
  return `_gatehouse_found() {
  local found=''
  case "$1" in
${cases(commands, '    ').join('\n')}
  esac
  printf '%s' "$found"
}
_gatehouse_words() {
  local key="$1" before="$2" current="$3"
  case "$before" in
    --*)
      local values
      values="$(_gatehouse_found "$key $before=")"
      if [ -n "$values" ]; then printf '%s' "$values"; return; fi;;
  esac
  case "$current" in
    -*) _gatehouse_found "$key --";;
    *) _gatehouse_found "$key";;
  esac
}
`;
}

function bashScript(commands: readonly Command[]): string {
  return `# Completions of gatehouse for bash: source this, or put it into a folder of bash-completion.
${lookup(commands)}_gatehouse() {
  local current="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" key='' index
  for ((index = 1; index < COMP_CWORD && index < 3; index += 1)); do
    case "\${COMP_WORDS[index]}" in -*) break;; esac
    if [ -n "$(_gatehouse_found "$key")" ]; then key="\${key:+$key }\${COMP_WORDS[index]}"; fi
  done
  COMPREPLY=()
  if [ "$before" = = ]; then before="\${COMP_WORDS[COMP_CWORD-2]}"; fi
  COMPREPLY=($(compgen -W "$(_gatehouse_words "$key" "$before" "$current")" -- "$current"))
}
complete -o default -F _gatehouse gatehouse
`;
}

function zshScript(commands: readonly Command[]): string {
  return `#compdef gatehouse
# Completions of gatehouse for zsh: source this after compinit, or put it as _gatehouse into a folder of fpath.
${lookup(commands)}_gatehouse() {
  local current="\${words[CURRENT]}" before="\${words[CURRENT-1]}" key='' index
  for ((index = 2; index < CURRENT && index < 4; index += 1)); do
    case "\${words[index]}" in -*) break;; esac
    if [ -n "$(_gatehouse_found "$key")" ]; then key="\${key:+$key }\${words[index]}"; fi
  done
  local found="$(_gatehouse_words "$key" "$before" "$current")"
  if [ -n "$found" ]; then compadd -- \${=found}; else _files; fi
}
if [ "\${funcstack[1]}" = _gatehouse ]; then _gatehouse "$@"; else compdef _gatehouse gatehouse; fi
`;
}

function fishScript(commands: readonly Command[]): string {
  const lines = ['# Completions of gatehouse for fish: put this as gatehouse.fish into ~/.config/fish/completions.'];
  lines.push('complete -c gatehouse -f');
  for (const [before, words] of nextWords(commands)) {
    for (const { word, about } of words) {
      lines.push(`complete -c gatehouse -n ${quoted(conditionOf(before))} -a ${quoted(word)} -d ${quoted(about)}`);
    }
  }
  for (const command of commands) {
    for (const [name, option] of Object.entries(optionsOf(command))) lines.push(...fishOption(command, name, option));
  }
  return `${lines.join('\n')}\n`;
}

/** The words stand on the line exactly so far. */
function conditionOf(before: string): string {
  const count = before === '' ? 1 : before.split(' ').length + 1;
  const words = before === '' ? '' : `; and string match -q -- 'gatehouse ${before}*' (commandline -cp)`;
  return `test (count (commandline -opc)) -eq ${count}${words}`.replaceAll("'", '"');
}

function fishOption(command: Command, name: string, option: Option): readonly string[] {
  const condition = `string match -q -- "gatehouse ${command.words} *" (commandline -cp)`;
  const takes =
    option.value === undefined ? '' : ` -r${option.choices ? ` -f -a ${quoted(option.choices.join(' '))}` : ''}`;
  return namesOf([name, option]).map(
    (each) => `complete -c gatehouse -n ${quoted(condition)} -l ${each.slice(2)}${takes} -d ${quoted(option.about)}`,
  );
}
