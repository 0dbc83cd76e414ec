// Templates of paths alone (C3): what one segment takes, which of two is the narrower, and which are the same.

import t from 'tap';
import {
  capture,
  moreSpecificFirst,
  narrowerFirst,
  readTemplate,
  shapeOf,
  shapeOfStep,
} from '../../src/domain/template.ts';

/** The one step of a template of one segment. */
function step(segment: string) {
  const [first] = readTemplate(`/${segment}`).steps;
  if (first === undefined) throw new Error('a template has a step');
  return first;
}

t.test('C3: a segment is literal, or literal text around parameters', async (t) => {
  t.same(step('repos'), { literals: ['repos'], names: [], rest: false });
  t.same(step(''), { literals: [''], names: [], rest: false });
  t.same(step('{id}'), { literals: ['', ''], names: ['id'], rest: false });
  t.same(step('a{id}.json'), { literals: ['a', '.json'], names: ['id'], rest: false });
  t.same(step('{from}-{to}'), { literals: ['', '-', ''], names: ['from', 'to'], rest: false });
  for (const name of ['path', 'ref', 'branch', 'basehead']) t.equal(step(`{${name}}`).rest, true, name);
  t.equal(step('{path}-{ref}').rest, false, 'not where it is one of several');
  t.equal(step('{paths}').rest, false);
});

t.test('C3, C4: what a query must hold stands behind the first question mark', async (t) => {
  const of = (template: string) => [readTemplate(template).steps.length, String(readTemplate(template).query)];
  t.same(of('/a/b'), [2, '']);
  t.same(of('/a/b?x=1&y=2'), [2, 'x=1&y=2']);
  t.same(of('?x=1'), [1, 'x=1'], 'also where nothing stands before it');
});

t.test('C2: two templates that take the same paths have one shape, whatever their parameters are called', async (t) => {
  t.equal(shapeOf('/repos/{owner}/{repo}'), '/repos/{}/{}');
  t.equal(shapeOf('/{a}/x{b}y'), '/{}/x{}y');
  t.equal(shapeOf('/contents/{path}'), '/contents/{+}');
  t.equal(shapeOf('/a?b=2&a=1'), '/a?a=1&b=2', 'in whatever order the query is told');
  t.equal(shapeOf('/a?a=1&b=2'), '/a?a=1&b=2');
  t.equal(shapeOfStep(step('{x}')), '{}');
  t.equal(shapeOfStep(step('{ref}')), '{+}');
});

t.test('C3: of two segments the literal is narrower, then literal text, then any one, then any number', async (t) => {
  const ordered = ['abc', 'abcd{x}', 'ab{x}c', 'b{x}', 'c{x}', '{x}', '{path}'].map(step);
  for (const [left, one] of ordered.entries()) {
    t.equal(narrowerFirst(one, one), 0);
    for (const [right, other] of ordered.entries()) {
      if (left === right) continue;
      t.equal(Math.sign(narrowerFirst(one, other)), left < right ? -1 : 1, `${shapeOfStep(one)} ${shapeOfStep(other)}`);
    }
  }
  t.equal(narrowerFirst(step('{x}'), step('{y}')), 0, 'whatever it is called');
});

t.test('C3: of two templates the first difference counts, then the length, then the query', async (t) => {
  const sign = (one: string, other: string) => Math.sign(moreSpecificFirst(readTemplate(one), readTemplate(other)));
  const pairs = [
    ['/user/repos', '/user/{x}'],
    ['/a/{x}/c', '/a/{path}'],
    ['/{x}/b', '/{x}/{y}'],
    ['/a/b/{path}', '/a/{path}'],
    ['/a/b', '/{path}'],
    ['/a/{x}', '/a'],
    ['/a?service=x', '/a'],
    ['/a?service=x&y=2', '/a?service=x'],
  ] as const;
  for (const [narrow, wide] of pairs) {
    t.equal(sign(narrow, wide), -1, `${narrow} before ${wide}`);
    t.equal(sign(wide, narrow), 1, `${wide} after ${narrow}`);
  }
  t.equal(sign('/a/{x}', '/a/{y}'), 0);
});

t.test('C3: a parameter takes something, and each but the last as little as it can', async (t) => {
  const taken = (segment: string, text: string) => capture(step(segment), text);
  t.same(taken('{x}', 'a'), ['a']);
  t.equal(taken('{x}', ''), null);
  t.same(taken('{x}.json', 'a.json'), ['a']);
  for (const text of ['.json', 'a.jso', 'json', '']) t.equal(taken('{x}.json', text), null, text);
  t.same(taken('v{x}', 'v1'), ['1']);
  for (const text of ['v', '1v', 'w1']) t.equal(taken('v{x}', text), null, text);
  t.same(taken('{a}-{b}', 'x-y'), ['x', 'y']);
  t.same(taken('{a}-{b}', 'x-y-z'), ['x', 'y-z']);
  t.same(taken('{a}-{b}', '--y'), ['-', 'y'], 'a dash may be the first letter');
  for (const text of ['-y', 'x-', 'xy', '-', '--']) t.equal(taken('{a}-{b}', text), null, text);
  t.same(taken('{a}.{b}.z', 'x.y.z'), ['x', 'y']);
  t.equal(taken('{a}.{b}.z', 'x.z'), null, 'the end is not read twice');
  t.equal(taken('a{x}a', 'a'), null);
  t.equal(taken('{a}-{b}-{c}', 'x-y'), null);
  t.same(taken('{a}-{b}-{c}', 'x-y-z'), ['x', 'y', 'z']);
});

t.test('C3: literal, text with a parameter, a parameter, any number: the narrowest first', async (t) => {
  const template = (text: string) => readTemplate(text);
  const ORDER = ['abc', 'x-{a}-y', 'x-{a}', '{a}', '{path}'];
  for (const [index, narrow] of ORDER.entries())
    for (const wide of ORDER.slice(index + 1)) {
      t.ok(narrowerFirst(step(narrow), step(wide)) < 0, `${narrow} before ${wide}`);
      t.ok(narrowerFirst(step(wide), step(narrow)) > 0, `${wide} after ${narrow}`);
    }
  t.equal(narrowerFirst(step('{a}'), step('{b}')), 0, 'names do not matter');
  t.ok(narrowerFirst(step('{a}-x'), step('{a}-y')) < 0, 'of equal length by the letters');
  t.ok(narrowerFirst(step('{a}-y'), step('{a}-x')) > 0);
  t.ok(moreSpecificFirst(template('/{path}/b'), template('/{path}')) < 0, 'what goes on is narrower');
  t.ok(moreSpecificFirst(template('/{path}'), template('/{path}/b')) > 0);
  t.equal(moreSpecificFirst(template('/a/{b}'), template('/a/{c}')), 0);
  t.same(capture(step('{a}'), 'x'), ['x']);
  t.equal(capture(step('{a}'), ''), null, 'no parameter takes nothing');
  t.equal(capture(step('x{a}'), 'x'), null);
  t.same(capture(step('{a}...{b}'), 'm...n'), ['m', 'n']);
  t.equal(capture(step('{a}...{b}'), '...n'), null);
  t.equal(capture(step('{a}...{b}'), 'm...'), null);
  t.equal(capture(step('{a}b{c}b'), 'xb'), null, 'what the end takes is not there for the middle');
});
