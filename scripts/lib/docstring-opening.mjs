/** The first word of a clause that has to be decoded. */
const CLAUSE = /^(?:How|That|What|Where|When|Whether|Which|Who|Whose|Why)\b/;

const IS_EXPORTED = ':matches(ExportNamedDeclaration, ExportDefaultDeclaration)';
/** Members of an exported interface, of an exported object type and of an exported class. */
const MEMBER = [
  `${IS_EXPORTED} > TSInterfaceDeclaration > TSInterfaceBody > *`,
  `${IS_EXPORTED} > TSTypeAliasDeclaration TSTypeLiteral > *`,
  `${IS_EXPORTED} > ClassDeclaration > ClassBody > *`,
].join(', ');

/**
 * An ESLint rule: the docstring of an export, and of its members, begins with a noun that names the
 * thing, or with a verb that says what the function does. Members that are private are left out.
 *
 * @type {import('eslint').Rule.RuleModule}
 */
export const docstringOpening = {
  meta: {
    type: 'suggestion',
    schema: [],
    messages: {
      clause: 'Begin the docstring with a noun or a verb, not with the clause "{{word}} …".',
    },
  },
  create(context) {
    /** @param {import('eslint').Rule.Node} node */
    const check = (node) => {
      if ('key' in node && node.key.type === 'PrivateIdentifier') return;
      const comment = context.sourceCode.getCommentsBefore(node).at(-1);
      if (comment?.type !== 'Block' || !comment.value.startsWith('*')) return;
      const [word] = CLAUSE.exec(comment.value.replace(/^[\s*]+/, '')) ?? [];
      if (word !== undefined) context.report({ node, messageId: 'clause', data: { word } });
    };
    return { [IS_EXPORTED]: check, [MEMBER]: check };
  },
};
