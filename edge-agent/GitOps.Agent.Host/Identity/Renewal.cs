using System.Security.Cryptography.X509Certificates;
using GitOps.Agent.Host.Configuration;
using GitOps.Agent.Host.Transport;
using GitOps.Agent.Identity;
using GitOps.Bundles;
using GitOps.Bundles.Enrolment;
using GitOps.Platform.Files;
using GitOps.Platform.Http;
using GitOps.Platform.Timing;
using GitOps.Platform.Tls;
using Microsoft.Extensions.Logging;

namespace GitOps.Agent.Host.Identity;

/// <summary>
/// Renews the node's certificate in time, each with another key, and shows the next one from then on. Nothing on the node
/// waits for it or ends with it.
/// </summary>
/// <param name="verifier">Judges the control plane.</param>
/// <param name="clock">What the certificate's time is judged by.</param>
internal sealed partial class Renewal(
    AgentConfig config, IdentityKeeper keeper, X509Certificate2 identity, PeerVerifier verifier, TlsClock clock, TimeProvider time, Random random,
    ILogger logger)
{
    /// <summary>Between two tries that the control plane's refusals ask for.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);

    private readonly Wakeup _wakeup = new(time);
    private readonly Backoff _backoff = new(TimeSpan.FromSeconds(2), TimeSpan.FromMinutes(30), random);
    private RenewalTiming _timing = Timing(identity, random);
    private X509Certificate2 _identity = identity;
    private long? _lastTry;
    private TimeSpan _rest;
    private long _floor = keeper.Floor();
    private volatile Problem? _problem;
    private volatile bool _isWanted;

    /// <summary>What is the matter with the certificate; null: nothing.</summary>
    public Problem? Problem => _problem;

    /// <summary>No pointer below this generation is followed.</summary>
    public long Floor => Interlocked.Read(ref _floor);

    /// <summary>The node has this certificate from now on.</summary>
    public required Func<X509Certificate2, Task> Renewed { get; init; }

    /// <summary>Told when <see cref="Problem"/> is another one.</summary>
    public required Action<Problem?> ProblemChanged { get; init; }

    /// <summary>The control plane forbade something: perhaps the certificate has ended by its clock. From any thread.</summary>
    public void Want()
    {
        _isWanted = true;
        _wakeup.Signal();
    }

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var (wait, rest) = (_timing.WaitAt(clock.Now), _rest - SinceTry);
            wait = wait > rest ? wait : rest;
            wait = _isWanted && Patience - SinceTry < wait ? Patience - SinceTry : wait;
            await _wakeup.WaitAsync(wait < TimeSpan.Zero ? TimeSpan.Zero : wait < LongestWait ? wait : LongestWait, cancellationToken);
            if ((_timing.IsDue(clock.Now) && SinceTry >= _rest) || (_isWanted && SinceTry >= Patience))
            {
                _isWanted = false;
                _lastTry = time.GetTimestamp();
                if (await TryAsync(cancellationToken))
                {
                    _backoff.Reset();
                    _rest = _timing.LeastRest;
                }
                else
                {
                    _rest = _backoff.Next();
                }
            }
        }
    }

    private TimeSpan SinceTry => _lastTry is { } last ? time.GetElapsedTime(last) : TimeSpan.FromDays(1);

    private static RenewalTiming Timing(X509Certificate2 identity, Random random) =>
        new(new(identity.NotBefore.ToUniversalTime()), new(identity.NotAfter.ToUniversalTime()), random.NextDouble());

    private async Task<bool> TryAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var key = keeper.NextKey();
            var request = new RenewRequest(SigningRequest.Create(key), keeper.SealRecipient());
            // A connection of its own: one from before shows whatever certificate it began with.
            using var http = new NodeHttp(new NodeHttpOptions(config.Server) { Identity = _identity, Verifier = verifier }, time);
            switch (await http.PostJsonAsync($"v1/{config.Fleet}/renew", EnrolmentJson.Write(request), cancellationToken))
            {
                case HttpAnswer.Content(var body, _) when EnrolmentJson.TryReadRenewAnswer(body.Span) is { } answer && Fits(answer, SigningRequest.KeyIdOf(key)):
                    keeper.RaiseFloor(answer.GenerationFloor);
                    await TakeAsync(keeper.Take(answer.Certificate), answer.GenerationFloor);
                    return true;
                case HttpAnswer.Content:
                    return Fail("what the control plane answers is no certificate for the key of this node");
                case HttpAnswer.NotFound:
                    return Fail("the control plane is of a release that renews no certificates");
                case HttpAnswer.Refused(var status, var detail):
                    return Fail($"the control plane answers {status}: {detail}");
                case HttpAnswer.Unreachable(var because):
                    return Fail(because);
                default:
                    return Fail("the control plane's answer is not understood");
            }
        }
        catch (Exception failure) when (failure is FileLayerException or CertificateFileException)
        {
            Become(new Problem(AgentCodes.IdentityNotKept, failure.Message, $"make {config.Paths.Identity} writable for the agent, and room on its disk"));
            return false;
        }
    }

    /// <summary>Whoever answers is the control plane; that the certificate is for this node is looked at all the same.</summary>
    private bool Fits(RenewAnswer answer, string keyId)
    {
        try
        {
            using var certificate = X509Certificate2.CreateFromPem(answer.Certificate);
            return SigningRequest.KeyIdOf(certificate) == keyId && PeerVerifier.Claim(certificate) == PeerVerifier.Claim(_identity);
        }
        catch (System.Security.Cryptography.CryptographicException)
        {
            return false;
        }
    }

    private async Task TakeAsync(X509Certificate2 renewed, long floor)
    {
        var until = renewed.NotAfter.ToUniversalTime();
        LogRenewed(logger, renewed.SerialNumber, until);
        (_identity, _timing) = (renewed, Timing(renewed, random)); // the one before is not disposed: connections may be using it
        Interlocked.Exchange(ref _floor, Math.Max(_floor, floor));
        Become(null);
        await Renewed(renewed);
    }

    private bool Fail(string because)
    {
        LogNotRenewed(logger, because);
        if (_timing.HasEnded(clock.Now))
        {
            Become(new Problem(AgentCodes.EnrolAgain,
                FormattableString.Invariant($"the certificate ended at {_timing.Until:u} and is not renewed: {because}"),
                $"when this lasts: 'gitops enroll create {config.Node} --replace' at the control plane, then 'gitops-agent enroll --force' here; what runs goes on"));
        }
        else if (_timing.IsDue(clock.Now))
        {
            Become(new Problem(AgentCodes.NotRenewed,
                FormattableString.Invariant($"the certificate ends at {_timing.Until:u} and is not renewed yet: {because}"),
                "nothing, while the control plane is away; otherwise 'gitops-agent doctor' says what is in the way"));
        }

        return false;
    }

    private void Become(Problem? problem)
    {
        if (_problem?.Code != problem?.Code)
        {
            _problem = problem;
            ProblemChanged(problem);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "the certificate is renewed: {Serial}, good until {Until:u}")]
    private static partial void LogRenewed(ILogger logger, string serial, DateTime until);

    [LoggerMessage(Level = LogLevel.Warning, Message = "the certificate is not renewed: {Because}")]
    private static partial void LogNotRenewed(ILogger logger, string because);
}
