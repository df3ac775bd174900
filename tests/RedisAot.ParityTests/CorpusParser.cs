using System.Globalization;

namespace RedisAot.ParityTests;

/// <summary>Reads corpus files; corpus/README.md describes their format.</summary>
internal sealed class CorpusParser
{
    private readonly string _file;
    private readonly Dictionary<string, string[]> _lists;
    private readonly List<Block> _blocks = [];
    private readonly List<Step> _setup = [];
    private int[] _fileProtocols = [2];
    private bool _fileEffects;
    private Block? _block;
    private List<Step> _steps;
    private Step _modifiers = NoModifiers;

    private CorpusParser(string file, Dictionary<string, string[]> lists)
    {
        _file = file;
        _lists = lists;
        _steps = _setup;
    }

    private static Step NoModifiers => new(StepKind.Command, "", 0);

    /// <summary>The blocks of one file. Lists that it defines are added to <paramref name="lists"/>.</summary>
    public static List<Block> Parse(string file, string text, Dictionary<string, string[]> lists)
    {
        var parser = new CorpusParser(Path.GetFileName(file), lists);
        string[] lines = text.Split('\n');
        parser.ParseLines([.. lines.Select((line, index) => (line.Trim(' ', '\r'), index + 1))]);
        parser.EndBlock();
        return parser._blocks;
    }

    private void ParseLines(List<(string Text, int Number)> lines)
    {
        for (int i = 0; i < lines.Count; i++)
        {
            (string text, int number) = lines[i];
            if (text.Length == 0 || text[0] == '#')
                continue;
            if (text.StartsWith("@for ", StringComparison.Ordinal))
            {
                int end = FindEnd(lines, i);
                Unroll(text["@for ".Length..], number, lines[(i + 1)..end]);
                i = end;
            }
            else
            {
                ParseLine(text, number);
            }
        }
    }

    private int FindEnd(List<(string Text, int Number)> lines, int start)
    {
        int depth = 0;
        for (int i = start; i < lines.Count; i++)
        {
            if (lines[i].Text.StartsWith("@for ", StringComparison.Ordinal))
                depth++;
            else if (lines[i].Text == "@end" && --depth == 0)
                return i;
        }
        throw Error(lines[start].Number, "@for without @end");
    }

    /// <summary>The body once for each value, {name} replaced by the value's text.</summary>
    private void Unroll(string header, int number, List<(string Text, int Number)> body)
    {
        string[] parts = header.Split(" in ", 2);
        if (parts.Length != 2)
            throw Error(number, "expected: @for name in value | value");
        string placeholder = "{" + parts[0].Trim() + "}";
        foreach (string value in Values(parts[1].Trim(), number))
            ParseLines([.. body.Select(line => (line.Text.Replace(placeholder, value, StringComparison.Ordinal), line.Number))]);
    }

    private IEnumerable<string> Values(string source, int number)
    {
        if (source.StartsWith("permutations ", StringComparison.Ordinal))
            return OrderedSubsets(SplitValues(source["permutations ".Length..]));
        var values = new List<string>();
        foreach (string value in SplitValues(source))
        {
            if (!value.StartsWith('$'))
                values.Add(value);
            else if (_lists.TryGetValue(value[1..], out string[]? list))
                values.AddRange(list);
            else
                throw Error(number, $"no list {value}");
        }
        return values;
    }

    private static string[] SplitValues(string source) => [.. source.Split('|').Select(value => value.Trim())];

    /// <summary>Every subset of the values in every order, the empty one first.</summary>
    private static IEnumerable<string> OrderedSubsets(string[] values)
    {
        yield return "";
        for (int i = 0; i < values.Length; i++)
        {
            string[] others = [.. values[..i], .. values[(i + 1)..]];
            foreach (string rest in OrderedSubsets(others))
                yield return rest.Length == 0 ? values[i] : values[i] + " " + rest;
        }
    }

    private void ParseLine(string text, int number)
    {
        if (text.StartsWith("== ", StringComparison.Ordinal))
            StartBlock(text[3..], number);
        else if (text.StartsWith("=> ", StringComparison.Ordinal))
            Expect(text[3..], number);
        else if (text[0] == '@')
            ParseDirective(text, number);
        else
            Add(StepKind.Command, text, number);
    }

    private void StartBlock(string title, int number)
    {
        EndBlock();
        _block = new Block(_file, title, number) { Protocols = _fileProtocols, ComparesEffects = _fileEffects };
        _steps = [.. _setup];
    }

    private void EndBlock()
    {
        if (_block is not null)
            _blocks.Add(_block with { Steps = _steps });
        _block = null;
    }

    private void Expect(string notation, int number)
    {
        if (_block is not { IsNewer: true } || _steps.Count == 0)
            throw Error(number, "=> belongs after a command of an @newer block");
        _steps[^1] = _steps[^1] with { Expected = notation };
    }

    private void Add(StepKind kind, string text, int number)
    {
        if (_block is null && kind != StepKind.Command)
            throw Error(number, "only commands may stand before the first block");
        _steps.Add(_modifiers with { Kind = kind, Text = text, LineNumber = number });
        _modifiers = NoModifiers;
    }

    private void ParseDirective(string text, int number)
    {
        string[] parts = text.Split(' ', 2);
        string rest = parts.Length == 2 ? parts[1].Trim() : "";
        switch (parts[0])
        {
            case "@resp2":
                SetProtocols([2]);
                break;
            case "@resp3":
                SetProtocols([3]);
                break;
            case "@both":
                SetProtocols([2, 3]);
                break;
            case "@server":
                _block = InBlock(number) with { ServerArguments = rest };
                break;
            case "@effects":
                if (_block is null)
                    _fileEffects = true;
                else
                    _block = _block with { ComparesEffects = true };
                break;
            case "@newer":
                _block = InBlock(number) with { IsNewer = true };
                break;
            case "@list":
                string[] list = rest.Split(' ', 2);
                _lists[list[0]] = SplitValues(list[1]);
                break;
            case "@conn":
                Add(StepKind.SwitchConnection, rest, number);
                break;
            case "@close":
                Add(StepKind.CloseConnection, "", number);
                break;
            case "@raw":
                Add(StepKind.Raw, rest, number);
                break;
            case "@raw-until-closed":
                Add(StepKind.RawUntilClosed, rest, number);
                break;
            case "@send":
                Add(StepKind.Send, rest, number);
                break;
            case "@read":
                Add(StepKind.Read, "", number);
                break;
            case "@read-until":
                Add(StepKind.ReadUntil, rest, number);
                break;
            case "@scan":
                Add(StepKind.Scan, rest, number);
                break;
            case "@wait":
                Add(StepKind.Wait, rest, number);
                break;
            default:
                ParseModifier(parts[0], rest, number);
                break;
        }
    }

    /// <summary>Directives that change how the next step is read or compared.</summary>
    private void ParseModifier(string name, string rest, int number) => _modifiers = name switch
    {
        "@replies" => _modifiers with { Replies = int.Parse(rest, CultureInfo.InvariantCulture) },
        "@save" => _modifiers with { SaveAs = rest },
        "@unordered" => _modifiers with { Normalization = Normalization.Unordered },
        "@unordered-pairs" => _modifiers with { Normalization = Normalization.UnorderedPairs },
        "@type" => _modifiers with { Normalization = Normalization.Type },
        "@near" => _modifiers with { Normalization = Normalization.Near, Tolerance = long.Parse(rest, CultureInfo.InvariantCulture) },
        "@digits" => _modifiers with { Normalization = Normalization.Digits },
        "@addresses" => _modifiers with { Normalization = Normalization.Addresses },
        "@lines" => _modifiers with { Normalization = Normalization.Lines },
        "@counts" => _modifiers with { Normalization = Normalization.Counts },
        "@fields" => _modifiers with { Normalization = Normalization.Fields },
        "@names" => _modifiers with { Normalization = Normalization.Names },
        "@subset" => _modifiers with { Normalization = Normalization.Subset },
        "@ignore" when rest.Length > 0 => _modifiers with { Normalization = Normalization.Ignored },
        _ => throw Error(number, $"unknown directive {name}"),
    };

    private void SetProtocols(int[] protocols)
    {
        if (_block is null)
            _fileProtocols = protocols;
        else
            _block = _block with { Protocols = protocols };
    }

    private Block InBlock(int number) => _block ?? throw Error(number, "this directive belongs into a block");

    private FormatException Error(int number, string message) => new($"{_file}:{number}: {message}");
}
