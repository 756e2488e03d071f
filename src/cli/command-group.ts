import { Command } from 'commander';
import { closestTo } from '../configuration/reading/closest.js';

/** A command that does nothing but have others below it, and says which where one is not known. */
export function groupCommand(name: string): Command {
  return new Command(name)
    .usage('[options] [command]')
    .argument('[command...]')
    .allowUnknownOption()
    .action((names: readonly string[], _options: object, group: Command) => {
      const [unknown] = names;
      if (unknown === undefined) group.help({ error: true });
      failOnUnknown(group, unknown);
    });
}

/** `help`, which goes as deep as it is told: `help keys create`. */
export function helpCommand(): Command {
  return new Command('help')
    .description('display help for a command')
    .argument('[command...]')
    .action((names: readonly string[], _options: object, help: Command) => {
      let at = help.parent ?? help;
      for (const name of names) at = commandBelow(at, name) ?? failOnUnknown(at, name);
      at.help();
    });
}

function commandBelow({ commands }: Command, name: string): Command | undefined {
  return commands.find((command) => command.name() === name);
}

/** Suggests what is near alone: another act on a key is no other spelling of this one. */
function failOnUnknown(parent: Command, name: string): never {
  const names = parent
    .createHelp()
    .visibleCommands(parent)
    .map((command) => command.name());
  const title = fullName(parent);
  const code = 'commander.unknownCommand';
  if (names.length === 0) parent.error(`error: ${title} has no command '${name}'`, { code });
  const closest = closestTo(name, names);
  const suggestion = closest === undefined ? '' : `Did you mean ${closest}? `;
  parent.error(
    `error: unknown command '${name}'\n${suggestion}The commands of ${title} are: ${names.join(', ')}.`,
    { code },
  );
}

function fullName(command: Command): string {
  return command.parent === null ? command.name() : `${fullName(command.parent)} ${command.name()}`;
}
