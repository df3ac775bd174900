namespace RedisAot.ServerTests;

/// <summary>A blocking command on lists; how many elements it takes at most and at least.</summary>
internal sealed record BlockingCommand(string Name, string[] Keys, bool FromLeft, string? Destination, bool ToLeft, int Most, int Least)
{
    /// <summary>The command as a client sends it, without time-out.</summary>
    public string Text => Name switch
    {
        "BLPOP" or "BRPOP" => $"{Name} {string.Join(' ', Keys)} 0",
        "BLMPOP" => $"BLMPOP 0 {Keys.Length} {string.Join(' ', Keys)} {End(FromLeft)} COUNT {Most}",
        "BLMOVE" => $"BLMOVE {Keys[0]} {Destination} {End(FromLeft)} {End(ToLeft)} 0",
        _ => $"BLMOVEM {Keys[0]} {Destination} {End(FromLeft)} {End(ToLeft)} 0 EXACTLY {Least} BULK",
    };

    public static BlockingCommand Draw(Random random, string[] keys)
    {
        string[] chosen = [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => keys[random.Next(keys.Length)])];
        string destination = keys[random.Next(keys.Length)];
        bool fromLeft = random.Next(2) == 0, toLeft = random.Next(2) == 0;
        int count = random.Next(1, 4);
        return random.Next(4) switch
        {
            0 => new(fromLeft ? "BLPOP" : "BRPOP", chosen, fromLeft, null, false, 1, 1),
            1 => new("BLMPOP", chosen, fromLeft, null, false, count, 1),
            2 => new("BLMOVE", chosen[..1], fromLeft, destination, toLeft, 1, 1),
            _ => new("BLMOVEM", chosen[..1], fromLeft, destination, toLeft, count, count),
        };
    }

    /// <summary>The reply, in the notation of the tests, when these elements of <paramref name="key"/> are taken.</summary>
    public string Reply(string key, IEnumerable<string> taken)
    {
        string[] quoted = [.. taken.Select(element => $"\"{element}\"")];
        string array = $"[ {string.Join(' ', quoted)} ]";
        return Name switch
        {
            "BLPOP" or "BRPOP" => $"[ \"{key}\" {quoted[0]} ]",
            "BLMPOP" => $"[ \"{key}\" {array} ]",
            "BLMOVE" => quoted[0],
            _ => array,
        };
    }

    private static string End(bool left) => left ? "LEFT" : "RIGHT";
}

/// <summary>
/// Lists and clients that wait for them, with the order of service that official Redis promises: keys in the order in which
/// they became ready, the clients of a key in the order in which they came.
/// </summary>
internal sealed class BlockedListsModel
{
    private readonly List<(int Client, BlockingCommand Command)> _waiting = [];
    private readonly Queue<string> _ready = new();

    public Dictionary<string, List<string>> Lists { get; } = [];

    public int WaitingCount => _waiting.Count;

    public bool IsWaiting(int client) => _waiting.Exists(wait => wait.Client == client);

    /// <summary>The reply to a blocking command, or null if the client has to wait.</summary>
    public string? Call(int client, BlockingCommand command)
    {
        foreach (string key in command.Keys)
        {
            if (Take(key, command) is { } reply)
                return reply;
        }
        _waiting.Add((client, command));
        return null;
    }

    public void Forget(int client) => _waiting.RemoveAll(wait => wait.Client == client);

    public void Push(string key, bool left, params IEnumerable<string> elements)
    {
        if (!Lists.TryGetValue(key, out List<string>? list))
            Lists.Add(key, list = []);
        foreach (string element in elements)
            list.Insert(left ? 0 : list.Count, element);
        NoteReady(key);
    }

    public void Delete(string key) => Lists.Remove(key);

    public void Rename(string from, string to)
    {
        if (!Lists.TryGetValue(from, out List<string>? list) || from == to)
            return;
        Lists.Remove(from);
        Lists[to] = list;
        NoteReady(to);
    }

    /// <summary>What follows a command or transaction: who is served, with what reply, in order.</summary>
    public List<(int Client, string Reply)> Serve()
    {
        List<(int Client, string Reply)> served = [];
        while (_ready.TryDequeue(out string? key))
        {
            foreach ((int client, BlockingCommand command) in _waiting.Where(wait => wait.Command.Keys.Contains(key)).ToList())
            {
                if (!Lists.ContainsKey(key))
                    break;
                if (Take(key, command) is not { } reply)
                    continue;
                Forget(client);
                served.Add((client, reply));
            }
        }
        return served;
    }

    private void NoteReady(string key)
    {
        if (!_ready.Contains(key) && _waiting.Exists(wait => wait.Command.Keys.Contains(key)))
            _ready.Enqueue(key);
    }

    private string? Take(string key, BlockingCommand command)
    {
        if (!Lists.TryGetValue(key, out List<string>? list) || list.Count < command.Least)
            return null;
        int count = Math.Min(command.Most, list.Count);
        int first = command.FromLeft ? 0 : list.Count - count;
        List<string> taken = list.GetRange(first, count);
        list.RemoveRange(first, count);
        if (list.Count == 0)
            Lists.Remove(key);
        if (command.Destination is { } destination)
            Push(destination, command.ToLeft, command.ToLeft ? Enumerable.Reverse(taken) : taken);
        else if (!command.FromLeft)
            taken.Reverse();
        return command.Reply(key, taken);
    }
}
