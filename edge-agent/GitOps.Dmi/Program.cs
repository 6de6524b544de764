using GitOps.Dmi;

if (GatewayOptions.Parse(args) is not { } options)
{
    Console.Error.WriteLine(GatewayOptions.Usage);
    return args is ["--help" or "-h"] ? 0 : 2;
}

return await Gateway.RunAsync(options);
