// Puts the page together from the daemon's own description. Text from there only ever becomes text nodes.

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];
const DEPTH_MAX = 6;

/** An element with properties and children; a child that is a string becomes text. */
function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key in made) made[key] = value;
    else made.setAttribute(key, value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ''));
  return made;
}

/** A line of text whose `words` in back quotes become code. */
function inline(text) {
  return text.split('`').map((part, index) => (index % 2 ? element('code', {}, part) : part));
}

function paragraphs(text) {
  return (text ?? '').split('\n\n').filter(Boolean).map((part) => element('p', {}, inline(part)));
}

class Description {
  constructor(root) {
    this.root = root;
  }

  /** The thing itself where a reference stands, with the name it is known by. */
  resolve(value) {
    const path = value?.$ref;
    if (!path) return value;
    const keys = path.slice(2).split('/').map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
    const target = keys.reduce((at, key) => at?.[key], this.root);
    return { ...target, ...(value.description ? { description: value.description } : {}), title: keys.at(-1) };
  }

  /** What a schema is, in a few words. */
  kind(schema) {
    const it = this.resolve(schema) ?? {};
    if (it.const !== undefined) return JSON.stringify(it.const);
    if (it.enum) return it.enum.map((value) => JSON.stringify(value)).join(' | ');
    const choices = it.oneOf ?? it.anyOf;
    if (choices) {
      const words = choices.map((choice) => this.kind(choice));
      return words.every((word) => word.length < 40) ? [...new Set(words)].join(' | ') : `one of ${choices.length}`;
    }
    const types = [it.type ?? (it.properties ? 'object' : 'anything')].flat();
    const words = types.map((type) => {
      if (type === 'array') return it.prefixItems ? `[${it.prefixItems.map((item) => this.kind(item)).join(', ')}]` : `list of ${this.kind(it.items)}`;
      if (type === 'object' && it.additionalProperties && !it.properties) return `object by id of ${this.kind(it.additionalProperties)}`;
      if (type === 'object') return it.title ?? 'object';
      return type;
    });
    return words.join(' | ') + this.bounds(it);
  }

  bounds(it) {
    const said = [];
    if (it.format === 'date-time') said.push('RFC 3339');
    if (it.format === 'uuid') said.push('UUID');
    if (it.minimum !== undefined && it.maximum !== undefined) said.push(`${it.minimum} to ${it.maximum}`);
    else if (it.minimum) said.push(`at least ${it.minimum}`);
    if (it.default !== undefined && it.default !== null && typeof it.default !== 'object') said.push(`default ${it.default}`);
    return said.length ? `, ${said.join(', ')}` : '';
  }

  /** The part of a schema that has fields of its own, through lists and what may be null. */
  inner(schema) {
    const it = this.resolve(schema) ?? {};
    if (it.type === 'array' && it.items) return this.inner(it.items);
    if (it.additionalProperties && typeof it.additionalProperties === 'object' && !it.properties) return this.inner(it.additionalProperties);
    const choices = (it.oneOf ?? it.anyOf)?.filter((choice) => choice.type !== 'null');
    if (choices?.length === 1) return this.inner(choices[0]);
    return it;
  }

  fields(schema, depth = 0) {
    const it = this.inner(schema);
    if (depth > DEPTH_MAX) return null;
    const choices = (it.oneOf ?? it.anyOf)?.map((choice) => this.inner(choice));
    if (choices?.some((choice) => choice.properties || choice.oneOf || choice.anyOf)) {
      return element('ul', { className: 'fields' }, choices.map((choice) => this.choice(choice, depth)));
    }
    const properties = Object.entries(it.properties ?? {});
    if (!properties.length) return null;
    return element('ul', { className: 'fields' }, properties.map(([name, property]) => this.field(name, property, it.required, depth)));
  }

  choice(choice, depth) {
    const tag = Object.entries(choice.properties ?? {}).find(([, property]) => property.const !== undefined);
    const title = tag ? `${tag[0]}: ${JSON.stringify(tag[1].const)}` : (choice.title ?? this.kind(choice));
    const rest = tag ? { ...choice, properties: Object.fromEntries(Object.entries(choice.properties).filter(([name]) => name !== tag[0])) } : choice;
    return element('li', {}, element('span', { className: 'name' }, title), paragraphs(choice.description), this.deeper(rest, depth));
  }

  field(name, property, required, depth) {
    const it = this.resolve(property) ?? {};
    return element('li', {},
      element('span', { className: 'name' }, name),
      element('span', { className: 'kind' }, this.kind(property)),
      required?.includes(name) ? element('span', { className: 'must' }, 'required') : null,
      paragraphs(it.description),
      this.deeper(property, depth));
  }

  deeper(schema, depth) {
    const fields = this.fields(schema, depth + 1);
    if (!fields) return null;
    return element('details', { className: 'deeper' }, element('summary', {}, 'Fields'), fields);
  }
}

function example(text, label) {
  const copy = element('button', { type: 'button', className: 'copy', 'aria-label': `Copy ${label}` }, 'Copy');
  copy.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(text);
      copy.textContent = 'Copied';
    } catch {
      copy.textContent = 'Select it';
    }
    setTimeout(() => { copy.textContent = 'Copy'; }, 2000);
  });
  return element('div', { className: 'example' }, element('pre', { tabIndex: 0 }, element('code', {}, text)), copy);
}

function quoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function curl(path, method, operation) {
  const filled = path.replace(/\{(\w+)\}/g, (_, name) => {
    const known = operation.parameters?.find((parameter) => parameter.name === name);
    return known?.example ?? known?.schema?.example ?? name;
  });
  const url = `${location.origin}${filled}`;
  if (operation.responses['101']) return `websocat ${quoted(url.replace(/^http/, 'ws'))}`;
  const content = operation.requestBody?.content ?? {};
  const parts = [`curl${method === 'get' ? '' : ` -X ${method.toUpperCase()}`} ${quoted(url)}`];
  const sample = Object.values(content['application/json']?.examples ?? {})[0]?.value;
  if (sample !== undefined) parts.push(`-H 'Content-Type: application/json'`, `-d ${quoted(JSON.stringify(sample))}`);
  if (content['application/octet-stream']) parts.push(`--data-binary @roast.alog`);
  return parts.join(' \\\n  ');
}

function parametersOf(description, operation) {
  const parameters = operation.parameters ?? [];
  if (!parameters.length) return null;
  const rows = parameters.map((parameter) => element('li', {},
    element('span', { className: 'name' }, parameter.name),
    element('span', { className: 'kind' }, `${parameter.in}, ${description.kind(parameter.schema)}`),
    parameter.required ? element('span', { className: 'must' }, 'required') : null,
    paragraphs(parameter.description)));
  return [element('h3', {}, 'Parameters'), element('ul', { className: 'fields' }, rows)];
}

function bodyOf(description, operation) {
  const body = operation.requestBody;
  if (!body) return null;
  const [media, content] = Object.entries(body.content)[0];
  const examples = Object.values(content.examples ?? {});
  const note = media === 'application/octet-stream' ? 'The file, whatever its media type.' : `\`${media}\`${body.required ? '' : ', may be left out'}`;
  return [
    element('h3', {}, 'Body'),
    element('p', { className: 'soft' }, inline(note)),
    description.fields(content.schema ?? {}),
    examples.map((one) => [element('h4', {}, `Example: ${one.summary}`), example(JSON.stringify(one.value, null, 2), one.summary)]).flat(),
  ].flat();
}

function answersOf(description, operation) {
  const answers = Object.entries(operation.responses).filter(([status]) => status !== 'default');
  const rows = answers.map(([status, answer]) => {
    const good = Number(status) < 400;
    const content = Object.entries(answer.content ?? {})[0]?.[1];
    const media = Object.keys(answer.content ?? {}).map((one) => `\`${one}\``).join(', ');
    const headers = Object.entries(answer.headers ?? {}).map(([name, header]) => element('p', {}, inline(`\`${name}\`: ${header.description}`)));
    const fields = good && content ? description.fields(content.schema) : null;
    return element('li', {},
      element('span', { className: `status ${good ? 'good' : 'bad'}` }, status),
      element('div', {},
        paragraphs(answer.description),
        headers,
        good && media ? element('p', { className: 'soft' }, inline(media)) : null,
        fields ? element('details', { className: 'deeper' }, element('summary', {}, 'Fields'), fields) : null,
        good && content?.example !== undefined ? element('details', { className: 'deeper' }, element('summary', {}, 'Example'), example(JSON.stringify(content.example, null, 2), 'the answer')) : null));
  });
  const more = element('p', { className: 'soft' }, 'Anything else that goes wrong is a problem document as well.');
  return [element('h3', {}, 'Answers'), element('ul', { className: 'answers' }, rows), more];
}

function operationOf(description, path, method, operation) {
  const parts = path.split(/(\{\w+\})/).map((part) => (part.startsWith('{') ? element('i', {}, part) : part));
  const card = element('details', { className: 'operation', id: operation.operationId });
  const live = Boolean(operation.responses['101']);
  card.append(element('summary', {},
    element('span', { className: `verb ${method}` }, live ? 'WS' : method.toUpperCase()),
    element('span', { className: 'path' }, parts),
    element('span', { className: 'what' }, operation.summary)));
  // Most cards are never opened; what is in them is made when they are.
  card.addEventListener('toggle', () => {
    if (!card.open || card.querySelector('.body')) return;
    const command = curl(path, method, operation);
    card.append(element('div', { className: 'body' }, [
      paragraphs(operation.description),
      parametersOf(description, operation),
      bodyOf(description, operation),
      element('h3', {}, 'On the command line'),
      example(command, 'the command'),
      answersOf(description, operation),
    ].flat()));
  });
  card.dataset.words = `${method} ${path} ${operation.operationId} ${operation.summary} ${operation.description ?? ''}`.toLowerCase();
  return card;
}

function show(root) {
  const description = new Description(root);
  document.getElementById('version').textContent = root.info.version;
  document.getElementById('about').replaceChildren(...paragraphs(root.info.description));
  const operations = Object.entries(root.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]).map((method) => ({ path, method, operation: item[method] })));
  const main = document.getElementById('operations');
  const contents = document.getElementById('contents');
  for (const tag of root.tags) {
    const here = operations.filter(({ operation }) => operation.tags.includes(tag.name));
    const cards = here.map(({ path, method, operation }) => operationOf(description, path, method, operation));
    main.append(element('section', { 'aria-label': tag.name }, element('h2', {}, tag.name), element('p', {}, tag.description), cards));
    const links = here.map(({ operation }) => element('li', {}, element('a', { href: `#${operation.operationId}` }, operation.summary)));
    contents.append(element('div', {}, element('h2', {}, tag.name), element('ul', {}, links)));
  }
  const none = element('p', { id: 'none', hidden: true, role: 'status' }, 'No operation has these words.');
  main.append(none);
  openFromAddress();
}

function openFromAddress() {
  const card = location.hash.length > 1 ? document.getElementById(decodeURIComponent(location.hash.slice(1))) : null;
  if (card?.matches('details.operation')) {
    card.open = true;
    card.scrollIntoView();
  }
}

function filter(text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  let left = 0;
  for (const section of document.querySelectorAll('main > section')) {
    let here = 0;
    for (const card of section.querySelectorAll('details.operation')) {
      card.hidden = !words.every((word) => card.dataset.words.includes(word));
      here += card.hidden ? 0 : 1;
    }
    section.hidden = here === 0;
    left += here;
  }
  document.getElementById('none').hidden = left > 0;
}

async function load() {
  const status = document.getElementById('status');
  try {
    const answer = await fetch('/api/openapi.json');
    if (!answer.ok) throw new Error(`the daemon answered ${answer.status}`);
    show(await answer.json());
    const find = document.getElementById('find');
    find.addEventListener('input', () => filter(find.value));
    addEventListener('hashchange', openFromAddress);
  } catch (error) {
    status.textContent = `The description could not be loaded: ${error.message}. Load the page again.`;
  }
}

load();
