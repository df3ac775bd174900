namespace RedisAot.Server.Commands;

/// <summary>
/// Reads the notation in which rows describe their arguments. It looks like the syntax lines of the manual:
/// <code>
///   key#0 value [condition('NX' | 'XX')@2.6.12] ['GET'@6.2.0] [expiration('EX' seconds:integer | 'KEEPTTL'@6.0.0)]
///
///   item     = "[" argument "]"                  optional
///            | argument
///   argument = [ token ["+"] ] [ value ] [ "..." ] [ "@" since ] [ "!" deprecated since ] [ "&lt;" display text "&gt;" ]
///   token    = "'" characters "'"                with "+" it is repeated before every value
///   value    = name                              a string
///            | name ":" type                     integer, double, key, pattern, unix-time, pure-token, string
///            | name [":" type] "#" n             found by key spec n; a key when no type is given
///            | name "(" item "|" item ... ")"    one of
///            | name "{" item item ... "}"        a block
/// </code>
/// "..." means that the argument may be repeated. A token without a value is a pure token named after itself in lower case.
/// A name that holds a colon is written with its type.
/// </summary>
public ref struct ArgumentSyntax
{
    private readonly ReadOnlySpan<char> _text;
    private int _at;

    private ArgumentSyntax(ReadOnlySpan<char> text) => _text = text;

    /// <summary>The argument tree that <paramref name="text"/> describes.</summary>
    /// <exception cref="FormatException">The text is not in the notation.</exception>
    public static CommandArgument[] Parse(string? text)
    {
        if (text is null)
            return [];

        var parser = new ArgumentSyntax(text);
        var arguments = parser.Items(separator: '\0', end: '\0');
        return parser._at == text.Length ? arguments : throw parser.Unexpected();
    }

    private CommandArgument[] Items(char separator, char end)
    {
        var items = new List<CommandArgument>();
        while (Peek() != end)
        {
            if (separator != '\0' && items.Count > 0)
                Expect(separator);
            items.Add(Item());
        }

        return [.. items];
    }

    private CommandArgument Item()
    {
        if (!Take('['))
            return Argument(optional: false);

        var argument = Argument(optional: true);
        Expect(']');
        return argument;
    }

    private CommandArgument Argument(bool optional)
    {
        var token = Peek() == '\'' ? Token() : null;
        var multipleToken = token is not null && TakeAdjacent('+');
        var (name, type) = token is not null && !IsNameCharacter(Peek())
            ? (token.ToLowerInvariant(), (ArgumentType?)ArgumentType.PureToken)
            : NameAndType();

        var keySpec = TakeAdjacent('#') ? Number() : -1;
        var children = TakeAdjacent('(') ? Children('|', ')') : TakeAdjacent('{') ? Children('\0', '}') : [];
        if (children.Length > 0)
            type = _text[_at - 1] == ')' ? ArgumentType.OneOf : ArgumentType.Block;

        return new CommandArgument
        {
            Name = name,
            Type = type ?? (keySpec >= 0 ? ArgumentType.Key : ArgumentType.String),
            KeySpecIndex = keySpec,
            Token = token,
            Arguments = children,
            Optional = optional,
            MultipleToken = multipleToken,
            Multiple = TakeDots(),
            Since = TakeAdjacent('@') ? Version() : null,
            DeprecatedSince = TakeAdjacent('!') ? Version() : null,
            DisplayText = TakeAdjacent('<') ? Until('>') : null,
        };
    }

    private CommandArgument[] Children(char separator, char end)
    {
        var children = Items(separator, end);
        Expect(end);
        return children;
    }

    private string Token()
    {
        Expect('\'');
        return Until('\'');
    }

    private (string Name, ArgumentType? Type) NameAndType()
    {
        SkipSpaces();
        var start = _at;
        while (_at < _text.Length && (IsNameCharacter(_text[_at]) || _text[_at] == ':'))
            _at++;

        var word = _text[start.._at];
        var colon = word.LastIndexOf(':');
        if (word.IsEmpty)
            throw Unexpected();
        if (colon < 0)
            return (word.ToString(), null);

        var type = CommandArgument.TypeNames.AsSpan().IndexOf(word[(colon + 1)..].ToString());
        return type >= 0 ? (word[..colon].ToString(), (ArgumentType)type) : throw Unexpected();
    }

    private int Number()
    {
        var start = _at;
        while (_at < _text.Length && char.IsAsciiDigit(_text[_at]))
            _at++;
        return int.TryParse(_text[start.._at], out var number) ? number : throw Unexpected();
    }

    private string Version()
    {
        var start = _at;
        while (_at < _text.Length && (char.IsAsciiDigit(_text[_at]) || _text[_at] == '.'))
            _at++;
        return _at > start ? _text[start.._at].ToString() : throw Unexpected();
    }

    private string Until(char end)
    {
        var length = _text[_at..].IndexOf(end);
        if (length < 0)
            throw Unexpected();

        var text = _text.Slice(_at, length).ToString();
        _at += length + 1;
        return text;
    }

    private static bool IsNameCharacter(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '/';

    /// <summary>The next character that is no space, or NUL at the end.</summary>
    private char Peek()
    {
        SkipSpaces();
        return _at < _text.Length ? _text[_at] : '\0';
    }

    private bool Take(char c)
    {
        SkipSpaces();
        return TakeAdjacent(c);
    }

    private bool TakeAdjacent(char c)
    {
        if (_at >= _text.Length || _text[_at] != c)
            return false;

        _at++;
        return true;
    }

    private bool TakeDots()
    {
        if (!_text[_at..].StartsWith("..."))
            return false;

        _at += 3;
        return true;
    }

    private void Expect(char c)
    {
        if (!Take(c))
            throw Unexpected();
    }

    private void SkipSpaces()
    {
        while (_at < _text.Length && char.IsWhiteSpace(_text[_at]))
            _at++;
    }

    private readonly FormatException Unexpected() => new($"argument syntax, at {_at}: {_text}");
}
