using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using GitOps.Benchmarks.Compile;
using GitOps.Benchmarks.Convergence;
using GitOps.Benchmarks.Fleets;
using GitOps.Benchmarks.Measuring;
using GitOps.Bundles.Enrolment;
using GitOps.ControlPlane.Api;
using GitOps.ControlPlane.Identity;
using GitOps.Platform.Age;
using GitOps.Platform.Http;
using GitOps.Platform.Tls;
using Microsoft.Extensions.Logging.Abstractions;

namespace GitOps.Benchmarks.Enrolment;

/// <summary>
/// Many machines at once present a token and the key they made: a TLS connection each, the token used up, the certificate
/// issued and in the authority's log, both flushed. The floor is the same connections for a public answer, and the two flushed
/// writes of each machine.
/// </summary>
internal sealed class EnrolmentRate : Benchmark
{
    private const string Against = "a TLS connection and two flushed writes each";

    /// <summary>Machines that ask at the same moment.</summary>
    private const int AtOnce = 16;

    private static readonly byte[] Line = new byte[400];

    public override string Name => "enrolment";

    public override string Says => "machines that become nodes, with a token and a key of their own";

    public override async IAsyncEnumerable<Figure> RunAsync(
        BenchContext bench, string directory, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var count = bench.IsQuick ? 20 : 500;
        var runs = bench.RunsOr(5);
        var repository = await BenchRepository.CreateAsync($"{directory}/git", bench.Commands, GeneratedFleet.Files(1), [], cancellationToken);
        await repository.PushAsync(0, cancellationToken);
        await using var plane = await ControlPlaneStand.StartAsync(repository, directory, IPAddress.Loopback, NullLoggerFactory.Instance, cancellationToken);
        List<byte[]> requests = [];
        X509Certificate2? authority = null;
        var (measured, floor) = await Clocked.BesideAsync(runs, PrepareAsync, () => EachAsync(EnrolAsync), () => EachAsync(FloorAsync));
        var what = string.Create(CultureInfo.InvariantCulture, $"{count:N0} machines, {AtOnce} at once");
        yield return new Figure(Name, $"{what}: a second", "machines", count / measured.WallMs * 1000, count / floor.WallMs * 1000, Against, runs);
        yield return new Figure(Name, $"{what}: each, both sides", "ms cpu", measured.CpuMs / count, floor.CpuMs / count, Against, runs);

        async Task PrepareAsync(int round)
        {
            requests.Clear();
            for (var machine = 0; machine < count; machine++)
            {
                var node = string.Create(CultureInfo.InvariantCulture, $"machine-{round}-{machine}");
                if (await plane.Api.CreateEnrolmentAsync(node, EnrolmentToken.DefaultLife, replace: false, cancellationToken)
                    is not ApiAnswer<NewEnrolmentDocument>.Ok(var made))
                {
                    throw new InvalidOperationException($"no token for {node}");
                }

                using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
                requests.Add(EnrolmentJson.Write(new EnrolRequest(made.Token, SigningRequest.Create(key), AgeIdentity.Generate().Recipient.ToString())));
            }

            authority ??= await FindAuthorityAsync();
        }

        async Task<X509Certificate2> FindAuthorityAsync()
        {
            using var http = new NodeHttp(new NodeHttpOptions(plane.NodeAddress) { IsJudgedByContent = true }, TimeProvider.System);
            return await http.GetAsync("v1/enroll", etag: null, cancellationToken) is HttpAnswer.Content(var body, _)
                ? X509Certificate2.CreateFromPem(EnrolmentJson.TryReadAuthorities(body.Span)!.Authorities[0])
                : throw new InvalidOperationException("the authority is not told");
        }

        Task EachAsync(Func<NodeHttp, int, Task<HttpAnswer>> ask) => Parallel.ForEachAsync(
            Enumerable.Range(0, count),
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken },
            async (machine, _) =>
            {
                var verifier = new PeerVerifier([authority!], PeerRole.Server, TimeProvider.System.GetUtcNow);
                using var http = new NodeHttp(new NodeHttpOptions(plane.NodeAddress) { Verifier = verifier }, TimeProvider.System);
                if (await ask(http, machine) is var answer and not HttpAnswer.Content)
                {
                    throw new InvalidOperationException($"machine {machine}: {answer}");
                }
            });

        Task<HttpAnswer> EnrolAsync(NodeHttp http, int machine) => http.PostJsonAsync("v1/enroll", requests[machine], cancellationToken);

        Task<HttpAnswer> FloorAsync(NodeHttp http, int machine)
        {
            DurableFile.Write(string.Create(CultureInfo.InvariantCulture, $"{directory}/floor-{machine}-1"), [Line]);
            DurableFile.Write(string.Create(CultureInfo.InvariantCulture, $"{directory}/floor-{machine}-2"), [Line]);
            return http.GetAsync("v1/enroll", etag: null, cancellationToken);
        }
    }
}
