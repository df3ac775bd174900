using System.Text;

using RedisAot.TestSupport;

namespace RedisAot.ParityTests;

/// <summary>A reply that is not the official one.</summary>
internal sealed record Difference(Block Block, int Protocol, Step Step, Answer Official, Answer Ours)
{
    public string Where => $"{Block.File} | {Block.Title} | {Step.Text}";

    public override string ToString()
    {
        string command = Step.Text.Length <= 300 ? Step.Text : Step.Text[..300] + "...";
        return $"{Block.File}:{Step.LineNumber} [{Block.Title}] RESP{Protocol}  {command}\n"
            + $"    official   {Official}\n"
            + $"    redis-aot  {Ours}";
    }
}

/// <summary>Plays corpus blocks to both servers and keeps what differs.</summary>
internal sealed class ParityRun : IDisposable
{
    private readonly ServerBinary _official;
    private readonly ServerBinary _underTest;
    private readonly Explanations _explanations;
    private readonly List<Difference> _differences = [];
    private ServerPair? _shared;
    private ServerPair? _sharedWithEffects;

    public ParityRun(ServerBinary official, ServerBinary underTest, Explanations explanations)
    {
        _official = official;
        _underTest = underTest;
        _explanations = explanations;
    }

    /// <summary>Commands (and raw requests) whose answers were compared, once a protocol.</summary>
    public int Compared { get; private set; }

    public int Explained { get; private set; }

    public IReadOnlyList<Difference> Differences => _differences;

    public void Run(IEnumerable<Block> blocks)
    {
        foreach (Block block in blocks)
        {
            if (block.IsNewer && _underTest.IsOfficial)
                continue; // nothing to check: the official server stands in, and it lacks these
            foreach (int protocol in block.Protocols)
                Run(block, protocol);
        }
    }

    public void Dispose()
    {
        _shared?.Dispose();
        _sharedWithEffects?.Dispose();
    }

    private void Run(Block block, int protocol)
    {
        ServerPair? own = null;
        try
        {
            if (block.ServerArguments is not null)
                own = NewServers(block, RespText.Split(block.ServerArguments).Select(Encoding.UTF8.GetString));
            Play(block, protocol, own ?? Shared(block));
        }
        catch (Exception e) when (e is IOException or InvalidOperationException or TimeoutException or System.Net.Sockets.SocketException)
        {
            var step = new Step(StepKind.Command, "(the block could not be played)", block.LineNumber);
            Report(new Difference(block, protocol, step, new Answer([], ""), new Answer([], e.Message)));
        }
        finally
        {
            own?.Dispose();
        }
    }

    /// <summary>The servers of blocks that ask for nothing special; new ones if a block has ended them.</summary>
    private ServerPair Shared(Block block)
    {
        ref ServerPair? shared = ref block.ComparesEffects ? ref _sharedWithEffects : ref _shared;
        if (shared is { IsAlive: false })
        {
            shared.Dispose();
            shared = null;
        }
        return shared ??= NewServers(block, []);
    }

    private ServerPair NewServers(Block block, IEnumerable<string> arguments) =>
        new(_official, _underTest, block.ComparesEffects ? [.. EffectsProbe.ServerArguments, .. arguments] : arguments);

    private void Play(Block block, int protocol, ServerPair servers)
    {
        using var ours = new Lane(servers.UnderTest, protocol);
        if (block.IsNewer)
        {
            PlayNewer(block, protocol, ours);
            return;
        }
        using var official = new Lane(servers.Official, protocol);
        using EffectsProbe? officialEffects = block.ComparesEffects ? new EffectsProbe(servers.Official) : null;
        using EffectsProbe? ourEffects = block.ComparesEffects ? new EffectsProbe(servers.UnderTest) : null;
        foreach (Step step in block.Steps)
        {
            if (step.Kind == StepKind.Wait)
            {
                Wait(step);
                continue;
            }
            DateTimeOffset now = DateTimeOffset.UtcNow;
            official.Begin(step, now);
            ours.Begin(step, now);
            List<Answer> expected = official.Finish(step, now);
            List<Answer> actual = ours.Finish(step, now);
            if (!Compare(block, protocol, step, expected, actual))
                return;
            if (officialEffects is not null && ourEffects is not null)
                CompareEffects(block, protocol, step, officialEffects.Take(), ourEffects.Take());
        }
    }

    private void CompareEffects(Block block, int protocol, Step step, List<Effect> expected, List<Effect> actual)
    {
        Compare("propagates", effect => !effect.IsEvent);
        Compare("events", effect => effect.IsEvent);

        void Compare(string what, Func<Effect, bool> concerns)
        {
            List<Effect> left = [.. expected.Where(concerns)], right = [.. actual.Where(concerns)];
            if (!Effect.AreSame(step.Normalization, left, right))
                Report(new Difference(block, protocol, step with { Text = $"{step.Text} [{what}]" }, Told(left), Told(right)));
        }

        static Answer Told(List<Effect> effects) => new([], string.Join("; ", effects));
    }

    private void PlayNewer(Block block, int protocol, Lane ours)
    {
        foreach (Step step in block.Steps)
        {
            if (step.Kind == StepKind.Wait)
            {
                Wait(step);
                continue;
            }
            DateTimeOffset now = DateTimeOffset.UtcNow;
            ours.Begin(step, now);
            List<Answer> actual = ours.Finish(step, now);
            if (step.Expected is null)
                continue;
            if (!Compare(block, protocol, step, [new Answer(ReplyNotation.Encode(step.Expected, protocol))], actual))
                return;
        }
    }

    /// <summary>False if the two are out of step, so that going on would only report consequences.</summary>
    private bool Compare(Block block, int protocol, Step step, List<Answer> expected, List<Answer> actual)
    {
        for (int i = 0; i < Math.Max(expected.Count, actual.Count); i++)
        {
            Compared++;
            if (i >= expected.Count || i >= actual.Count)
            {
                Report(new Difference(block, protocol, step, expected.ElementAtOrDefault(i) ?? Answer.None, actual.ElementAtOrDefault(i) ?? Answer.None));
                return true;
            }
            // A reply that neither server sends is a mistake of the corpus.
            if (expected[i] != Answer.TimedOut && Comparison.AreSame(step, expected[i], actual[i]))
                continue;
            Report(new Difference(block, protocol, step, expected[i], actual[i]));
            if (step.Kind is StepKind.Command or StepKind.Read or StepKind.ReadUntil && (expected[i].Failure ?? actual[i].Failure) is not null)
                return false;
        }
        return true;
    }

    private void Report(Difference difference)
    {
        if (_explanations.Find(difference.Where) is not null)
            Explained++;
        else
            _differences.Add(difference);
    }

    private static void Wait(Step step) =>
        Thread.Sleep(int.Parse(step.Text, System.Globalization.CultureInfo.InvariantCulture));
}
