// For processes that build hundreds of applications: a function that is made of a text is made once. The router compiles four hundred
// for each application, the same every time, which took a fifth of building it.

const MADE = new Map<string, unknown>();

globalThis.Function = new Proxy(Function, {
  construct: (target, args, made_as) => {
    const text = args.join('\0');
    const made = MADE.get(text) ?? Reflect.construct(target, args, made_as === globalThis.Function ? target : made_as);
    MADE.set(text, made);
    return made as object;
  },
});
