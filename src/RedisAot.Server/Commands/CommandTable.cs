using System.Text;
using RedisAot.Resp;

namespace RedisAot.Server.Commands;

/// <summary>What came of renaming a command.</summary>
public enum RenameResult
{
    Done,
    NoSuchCommand,
    NameTaken,
}

/// <summary>
/// All commands. Filled once at start-up by the <c>Register</c> methods of the families, then only read, apart from
/// <c>rename-command</c> in the configuration file, which is applied before the first client connects.
/// </summary>
public sealed class CommandTable
{
    private readonly CommandNameIndex _current = new();
    private readonly CommandNameIndex _declared = new();
    private readonly List<CommandRow> _commands = [];
    private readonly List<CommandRow> _byId = [];

    /// <summary>The commands that can be called, in the order of registration, without subcommands.</summary>
    public IReadOnlyList<CommandRow> Commands => _commands;

    /// <summary>All commands and subcommands ever registered; the index is <see cref="CommandRow.Id"/>.</summary>
    public IReadOnlyList<CommandRow> ById => _byId;

    /// <summary>Adds a command with its subcommands.</summary>
    /// <exception cref="ArgumentException">There is a row of that name.</exception>
    public void Add(CommandRow row)
    {
        row.Seal();
        var name = Encoding.UTF8.GetBytes(row.Name);
        if (!_declared.TryAdd(name, row) || !_current.TryAdd(name, row))
            throw new ArgumentException($"two rows for {row.Name}");

        _commands.Add(row);
        Number(row);
        foreach (var subcommand in row.Subcommands)
            Number(subcommand);
    }

    /// <summary>The command that a client calls by that name, in any case, or null.</summary>
    public CommandRow? Find(ReadOnlySpan<byte> name) => _current.Find(name);

    /// <summary>The command or subcommand that a request calls, or null: a container needs one of its subcommands as the second
    /// argument, if there is a second argument.</summary>
    /// <param name="request">The request.</param>
    /// <param name="skip">Arguments before the command's name, for requests that wrap another one.</param>
    public CommandRow? Find(ArgumentVector request, int skip = 0)
    {
        var row = Find(request[skip]);
        return row is null || row.Subcommands.Length == 0 || request.Count == skip + 1
            ? row
            : row.FindSubcommand(request[skip + 1]);
    }

    /// <summary>The command declared under that name, whatever it is called now. ACL rules name commands so.</summary>
    public CommandRow? FindDeclared(ReadOnlySpan<byte> name) => _declared.Find(name);

    /// <summary>A command by its full name, <c>get</c> or <c>config|get</c>, as currently called; null if there is none.</summary>
    public CommandRow? FindFullName(ReadOnlySpan<byte> fullName) => FindFullName(_current, fullName);

    /// <summary>A command by its declared full name, <c>get</c> or <c>config|get</c>; null if there is none.</summary>
    public CommandRow? FindDeclaredFullName(ReadOnlySpan<byte> fullName) => FindFullName(_declared, fullName);

    /// <summary>Gives a command another name; an empty one removes it. It keeps its declared name, id and statistics.</summary>
    public RenameResult Rename(ReadOnlySpan<byte> oldName, ReadOnlySpan<byte> newName)
    {
        if (_current.Find(oldName) is not { } row)
            return RenameResult.NoSuchCommand;

        if (newName.IsEmpty)
        {
            _current.Remove(oldName);
            _commands.Remove(row);
            return RenameResult.Done;
        }

        // As official does it: the old name is given up even when the new one is taken.
        _current.Remove(oldName);
        return _current.TryAdd(newName.ToArray(), row) ? RenameResult.Done : RenameResult.NameTaken;
    }

    private static CommandRow? FindFullName(CommandNameIndex index, ReadOnlySpan<byte> fullName)
    {
        var bar = fullName.IndexOf((byte)'|');
        return bar < 0 ? index.Find(fullName) : index.Find(fullName[..bar])?.FindSubcommand(fullName[(bar + 1)..]);
    }

    private void Number(CommandRow row)
    {
        row.Id = _byId.Count;
        _byId.Add(row);
    }
}
