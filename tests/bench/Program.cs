using RedisAot.Bench;

// Usage: RedisAot.Bench [WORD... [, WORD...]]     rows whose name holds all the words of one of the groups; none: all but the heavy rows
string[][] groups = [.. string.Join(' ', args).Split(',').Select(group => group.Split(' ', StringSplitOptions.RemoveEmptyEntries))];
List<Workload> chosen = [.. Workloads.All.Where(workload => (args.Length > 0 || !workload.OnlyWhenChosen) && groups.Any(group => group.All(workload.Words.Contains)))];
if (chosen.Count == 0)
{
    Console.Error.WriteLine($"No row has these words. Rows: {string.Join(", ", Workloads.All.Select(workload => workload.Name))}");
    return 1;
}
Console.WriteLine("Server CPU time, throughput, latency and memory of redis-aot and of the official server, in one run, a core each");
Console.WriteLine($"{"",-18} {"",-28} {"redis-aot",12} {"official",12} {"ratio",7}   target");
foreach (Workload workload in chosen)
{
    string name = workload.Name;
    foreach (Figure figure in workload.Measure())
    {
        Console.WriteLine($"{name,-18} {figure}");
        name = "";
    }
}
return 0;
