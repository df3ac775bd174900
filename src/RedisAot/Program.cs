Console.WriteLine("redis-aot");
